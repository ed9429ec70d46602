// SPDX-License-Identifier: Apache-2.0
#include "regent/plugin.hpp"

#include "plugins/docker/docker_check.hpp"

REGENT_PLUGIN("org.regent.docker", "0.1.0", "containers of Docker", "", "Apache-2.0",
              regent::sdk::check<regent::plugins::docker::DockerCheck>)
