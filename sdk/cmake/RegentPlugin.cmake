# SPDX-License-Identifier: Apache-2.0
# regent_add_plugin(NAME [NO_INSTALL] SOURCES a.cpp …): the shared object regent-NAME.so, built as the contract wants it and
# installed where the agent looks. Sources in C or C++20. Link what it needs with
# target_link_libraries(regent-plugin-NAME PRIVATE …).
include(GNUInstallDirs)
set(REGENT_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/regent-plugin.map)
set(REGENT_PLUGIN_DIR ${CMAKE_INSTALL_LIBDIR}/regent/plugins)

function(regent_add_plugin name)
  cmake_parse_arguments(ARG "NO_INSTALL" "" "SOURCES" ${ARGN})
  set(target regent-plugin-${name})
  add_library(${target} MODULE ${ARG_SOURCES})
  target_link_libraries(${target} PRIVATE regent::sdk)
  target_compile_features(${target} PRIVATE cxx_std_20)
  # nodelete: a plugin stays in its process until that ends. defs: what is missing is found now, not when it is loaded.
  target_link_options(${target} PRIVATE
    -Wl,-z,defs -Wl,-z,nodelete -Wl,--version-script=${REGENT_PLUGIN_MAP})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME regent-${name} C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON LINK_DEPENDS ${REGENT_PLUGIN_MAP})
  if(NOT ARG_NO_INSTALL)
    install(TARGETS ${target} LIBRARY DESTINATION ${REGENT_PLUGIN_DIR} COMPONENT plugins)
  endif()
endfunction()
