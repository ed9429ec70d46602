# SPDX-License-Identifier: Apache-2.0
# find_package(regent-sdk 1): regent::sdk, which is headers alone, and regent_add_plugin().
include(${CMAKE_CURRENT_LIST_DIR}/regent-sdkTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/RegentPlugin.cmake)
