# SPDX-License-Identifier: Apache-2.0
# Target `lint`: clang-tidy over agent/ with the rules of .clang-tidy. Target `format`: clang-format over the tree.
# Both use version 14, Debian 12's; another version formats differently.
find_program(RUN_CLANG_TIDY NAMES run-clang-tidy-14 run-clang-tidy)
find_program(CLANG_TIDY NAMES clang-tidy-14 clang-tidy)
find_program(CLANG_FORMAT NAMES clang-format-14 clang-format)

if(RUN_CLANG_TIDY AND CLANG_TIDY)
  add_custom_target(lint
    COMMAND ${RUN_CLANG_TIDY} -quiet -p ${CMAKE_BINARY_DIR} -clang-tidy-binary ${CLANG_TIDY} "${CMAKE_SOURCE_DIR}/agent/.*"
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} USES_TERMINAL VERBATIM)
endif()

if(CLANG_FORMAT)
  foreach(folder agent sdk plugins tests)
    list(APPEND patterns ${CMAKE_SOURCE_DIR}/${folder}/*.[ch] ${CMAKE_SOURCE_DIR}/${folder}/*.[ch]pp)
  endforeach()
  file(GLOB_RECURSE sources CONFIGURE_DEPENDS ${patterns})
  add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${sources} VERBATIM)
endif()
