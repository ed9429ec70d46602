// SPDX-License-Identifier: Apache-2.0
#include "pipe.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace regent::plugins::fifo {

Outcome Pipe::fail(std::string_view what, int error) {
    error_ = std::string(what) + " " + path_ + ": " + std::strerror(error);
    return Outcome::failed;
}

Outcome Pipe::open() {
    close();
    if (::mkfifo(path_.c_str(), S_IRUSR | S_IWUSR) == 0) {
        // Not by the mode of mkfifo(), from which the umask takes bits.
        if (::chmod(path_.c_str(), mode_) != 0) return fail("cannot set the mode of", errno);
    } else if (errno != EEXIST) {
        return fail("cannot make the named pipe", errno);
    }
    Descriptor end(::open(path_.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!end) return errno == ENXIO ? Outcome::no_reader : fail("cannot open", errno);
    struct stat what {};
    if (::fstat(end.get(), &what) != 0) return fail("cannot look at", errno);
    if (!S_ISFIFO(what.st_mode)) {
        error_ = path_ + " is something else than a named pipe; remove it or choose another path";
        return Outcome::failed;
    }
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
