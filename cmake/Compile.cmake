# SPDX-License-Identifier: Apache-2.0
# Flags that every target of the tree is compiled with, and the helper that makes a folder a library.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(regent_options INTERFACE)
target_compile_options(regent_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wimplicit-fallthrough
  -fno-omit-frame-pointer -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=)
target_include_directories(regent_options INTERFACE ${CMAKE_SOURCE_DIR})
if(REGENT_SANITIZE)
  target_compile_options(regent_options INTERFACE -fsanitize=${REGENT_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(regent_options INTERFACE -fsanitize=${REGENT_SANITIZE})
endif()
if(REGENT_COVERAGE)
  target_compile_options(regent_options INTERFACE --coverage -O0)
  target_link_options(regent_options INTERFACE --coverage)
endif()

# regent_library(vrrp SOURCES a.cpp ... USES regent_base ...): the folder's static library, regent_vrrp.
function(regent_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;USES" ${ARGN})
  add_library(regent_${name} STATIC ${ARG_SOURCES})
  target_link_libraries(regent_${name} PUBLIC regent_options ${ARG_USES})
endfunction()
