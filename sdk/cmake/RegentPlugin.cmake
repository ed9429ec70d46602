# SPDX-License-Identifier: Apache-2.0
# regent_add_plugin(NAME [NO_INSTALL] SOURCES a.cpp … [CHECK --param key=value …]): the shared object regent-NAME.so, built
# as the contract wants it and installed where the agent looks. Sources in C or C++20. Link what it needs with
# target_link_libraries(regent-plugin-NAME PRIVATE …). Where tests are enabled, plugin-check-NAME runs regent-plugin-check(1)
# on it, with the options of CHECK.
include(GNUInstallDirs)

function(regent_add_plugin name)
  cmake_parse_arguments(ARG "NO_INSTALL" "" "SOURCES;CHECK" ${ARGN})
  set(target regent-plugin-${name})
  # A function is known everywhere, a variable only in the folder that set it and those below.
  set(map ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/regent-plugin.map)
  add_library(${target} MODULE ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE regent::sdk)
  target_compile_features(${target} PRIVATE cxx_std_20)
  # nodelete: a plugin stays in its process until that ends. defs: what is missing is found now, not when it is loaded.
  target_link_options(${target} PRIVATE
    -Wl,-z,defs -Wl,-z,nodelete -Wl,--version-script=${map})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME regent-${name} C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${map})
  if(NOT ARG_NO_INSTALL)
    install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/regent/plugins COMPONENT plugins)
  endif()
  # In the SDK's own tree the program is no more built than the plugin, and tests/sdk runs it on all of them.
  get_target_property(installed regent::sdk IMPORTED)
  if(installed)
    _regent_check_plugin(${name} ${ARG_CHECK})
  endif()
endfunction()

function(_regent_check_plugin name)
  set(here ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  find_program(REGENT_PLUGIN_CHECK regent-plugin-check HINTS ${here}/../../../bin ${here}/../../../../bin)
  if(REGENT_PLUGIN_CHECK)
    add_test(NAME plugin-check-${name} COMMAND ${REGENT_PLUGIN_CHECK} ${ARGN} $<TARGET_FILE:regent-plugin-${name}>)
  else()
    message(WARNING "regent-plugin-check is not there: nothing tests whether ${name} keeps the contract")
  endif()
endfunction()
