// SPDX-License-Identifier: Apache-2.0
#include "agent/platform/wakeup.hpp"

#include <cerrno>
#include <sys/eventfd.h>

#include "agent/platform/system_error.hpp"

namespace regent::platform {

Result<Wakeup> Wakeup::open() {
    Descriptor event(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (!event) {
        const int code = errno;
        return system_failure("cannot make an event descriptor", code);
    }
    return Wakeup(std::move(event));
}

// Neither can fail in a way that matters: EAGAIN means that it is signalled, or clear, already.
void Wakeup::signal() const {
    (void)::eventfd_write(event_.get(), 1);
}

void Wakeup::clear() const {
    eventfd_t count = 0;
    (void)::eventfd_read(event_.get(), &count);
}

}  // namespace regent::platform
