// SPDX-License-Identifier: Apache-2.0
#include "agent/config/file_text.hpp"

#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace regent::config {

namespace {

class FileDescriptor {
  public:
    explicit FileDescriptor(int fd) : fd_(fd) {}
    ~FileDescriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    FileDescriptor(const FileDescriptor&) = delete;
    FileDescriptor& operator=(const FileDescriptor&) = delete;
    int get() const { return fd_; }

  private:
    int fd_;
};

FileProblem unreadable(int error) {
    std::string hint;
    if (error == EACCES) {
        hint = fmt::format("it, or a folder above it, is closed to the user that this runs as, uid {}",
                           ::geteuid());
    }
    const bool may_pass = error == EMFILE || error == ENFILE || error == ENOMEM;
    return {"unreadable", fmt::format("cannot read the file: {}", std::strerror(error)), std::move(hint),
            may_pass};
}

}  // namespace

tl::expected<std::string, FileProblem> read_text(const std::filesystem::path& path, std::size_t limit) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return tl::unexpected(unreadable(errno));
    struct stat status {};
    if (::fstat(file.get(), &status) != 0) return tl::unexpected(unreadable(errno));
    if (!S_ISREG(status.st_mode)) {
        const bool directory = S_ISDIR(status.st_mode);
        return tl::unexpected(FileProblem{
            "unreadable", directory ? "it is a directory, not a file" : "it is not a regular file", {}});
    }
    std::string text;
    std::array<char, 65536> buffer{};
    while (text.size() <= limit) {
        const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return tl::unexpected(unreadable(errno));
        if (size == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return tl::unexpected(FileProblem{"too_large", fmt::format("it is larger than {} bytes", limit), {}});
}

std::string kernel_host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

}  // namespace regent::config
