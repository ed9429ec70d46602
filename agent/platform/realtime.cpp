// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/realtime.hpp"

#include <cerrno>
#include <linux/capability.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "agent/platform/capabilities.hpp"
#include "agent/platform/system_error.hpp"

namespace regent::platform {

Result<void> set_realtime_priority(int priority) {
    sched_param parameters{};
    parameters.sched_priority = priority;
    if (::sched_setscheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &parameters) == 0) return {};
    const int code = errno;
    return system_failure(
        "no real-time priority, so that adverts may be late on a busy machine (CAP_SYS_NICE or LimitRTPRIO=)",
        code);
}

Result<void> lock_memory() {
    rlimit limit{};
    const bool unlimited = ::getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur == RLIM_INFINITY;
    if (!unlimited && !has_capability(CAP_IPC_LOCK)) {
        return failure(
            "memory is not locked, so that adverts may be late when memory is short (CAP_IPC_LOCK or "
            "LimitMEMLOCK=infinity)",
            EPERM);
    }
    if (::mlockall(MCL_CURRENT | MCL_FUTURE) == 0) return {};
    const int code = errno;
    return system_failure("memory is not locked, so that adverts may be late when memory is short", code);
}

}  // namespace regent::platform
