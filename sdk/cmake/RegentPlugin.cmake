# SPDX-License-Identifier: Apache-2.0
# regent_add_plugin(NAME SOURCES a.cpp …): the shared object regent-NAME.so, built as the contract wants it. Link what it
# needs with target_link_libraries(regent-plugin-NAME PRIVATE …).
set(REGENT_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/regent-plugin.map)

function(regent_add_plugin name)
  cmake_parse_arguments(ARG "" "" "SOURCES" ${ARGN})
  add_library(regent-plugin-${name} MODULE ${ARG_SOURCES})
  target_link_libraries(regent-plugin-${name} PRIVATE regent::sdk)
  target_compile_features(regent-plugin-${name} PRIVATE cxx_std_20)
  # nodelete: a plugin stays in its process until that ends. defs: what is missing is found now, not when it is loaded.
  target_link_options(regent-plugin-${name} PRIVATE
    -Wl,-z,defs -Wl,-z,nodelete -Wl,--version-script=${REGENT_PLUGIN_MAP})
  set_target_properties(regent-plugin-${name} PROPERTIES
    PREFIX "" OUTPUT_NAME regent-${name} CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${REGENT_PLUGIN_MAP})
endfunction()
