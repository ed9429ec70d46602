// SPDX-License-Identifier: Apache-2.0
#include "pipe.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace regent::plugins::fifo {

int set_mode(const std::string& path, mode_t mode) {
    const Descriptor found(::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    struct stat what {};
    if (!found || ::fstat(found.get(), &what) != 0) return errno;
    if (!S_ISFIFO(what.st_mode) || what.st_nlink > 1) return EEXIST;
    // fchmod() does not take an O_PATH descriptor, and fchmodat2() is there from Linux 6.6 on.
    const std::string same = "/proc/self/fd/" + std::to_string(found.get());
    return ::chmod(same.c_str(), mode) == 0 ? 0 : errno;
}

Outcome Pipe::fail(std::string_view what, int error) {
    error_ = std::string(what) + " " + path_ + ": " + std::strerror(error);
    return Outcome::failed;
}

Outcome Pipe::refuse() {
    error_ = path_ + " is something else than a named pipe; remove it or choose another path";
    return Outcome::failed;
}

Outcome Pipe::open() {
    close();
    if (::mkfifo(path_.c_str(), S_IRUSR | S_IWUSR) == 0) {
        // Not by the mode of mkfifo(), from which the umask takes bits.
        const int error = set_mode(path_, mode_);
        if (error == EEXIST) return refuse();
        if (error != 0) return fail("cannot set the mode of", error);
    } else if (errno != EEXIST) {
        return fail("cannot make the named pipe", errno);
    }
    Descriptor end(::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!end) return errno == ENXIO ? Outcome::no_reader : fail("cannot open", errno);
    struct stat what {};
    if (::fstat(end.get(), &what) != 0) return fail("cannot look at", errno);
    if (!S_ISFIFO(what.st_mode)) return refuse();
    end_ = std::move(end);
    return Outcome::done;
}

bool Pipe::is_current() const {
    struct stat opened {};
    struct stat named {};
    return ::fstat(end_.get(), &opened) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
           opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

Outcome Pipe::write(std::string_view line) {
    for (;;) {
        if (::write(end_.get(), line.data(), line.size()) >= 0) return Outcome::done;
        if (errno == EAGAIN) return Outcome::full;
        if (errno == EPIPE) return Outcome::no_reader;
        if (errno != EINTR) return fail("cannot write to", errno);
    }
}

}  // namespace regent::plugins::fifo
