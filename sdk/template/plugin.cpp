// SPDX-License-Identifier: Apache-2.0
// What makes a shared object of it. A second type of check or notifier goes behind the first.
#include "file_age.hpp"

REGENT_PLUGIN("org.example.file-age", "1.0.0", "checks the age of files", "https://example.org/",
              "Apache-2.0", regent::sdk::check<file_age::FileAge>)
