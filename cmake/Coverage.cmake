# SPDX-License-Identifier: Apache-2.0
# Target `coverage` of preset coverage: runs the unit tests of the protocol and the engine, prints the line coverage of
# each of the two folders and fails below 95 %. Branches that only exceptions of the allocator take are not counted.
if(NOT REGENT_COVERAGE OR NOT REGENT_TESTS)
  return()
endif()

find_program(GCOVR gcovr REQUIRED)
find_program(GCOV NAMES gcov-12 gcov REQUIRED)
set(report ${GCOVR} --root ${CMAKE_SOURCE_DIR} --object-directory ${CMAKE_BINARY_DIR} --gcov-executable ${GCOV}
  --exclude-throw-branches --fail-under-line 95)

add_custom_target(coverage
  # Counts of an earlier run would hide a line that is no longer reached.
  COMMAND find ${CMAKE_BINARY_DIR} -name "*.gcda" -delete
  COMMAND $<TARGET_FILE:test-vrrp>
  COMMAND $<TARGET_FILE:test-core>
  COMMAND ${report} --filter agent/vrrp/ --txt
  COMMAND ${report} --filter agent/core/ --txt
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
add_dependencies(coverage test-vrrp test-core)
