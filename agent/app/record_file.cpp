// SPDX-License-Identifier: Apache-2.0
#include "agent/app/record_file.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace regent::app {
namespace {

std::string name(unsigned age) {
    return age == 0 ? "record.jsonl" : fmt::format("record.{}.jsonl", age);
}

}  // namespace

Result<RecordFile> RecordFile::create(const std::filesystem::path& directory) {
    std::error_code error;
    std::filesystem::create_directories(directory, error);
    for (unsigned age = kept; age > 0; --age) {
        // Nothing to rename is the usual case; what stands in the way is told by open().
        if (std::filesystem::exists(std::filesystem::symlink_status(directory / name(age - 1), error)))
            std::filesystem::rename(directory / name(age - 1), directory / name(age), error);
    }
    const auto path = (directory / name(0)).string();
    platform::Descriptor file(
        ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, S_IRUSR | S_IWUSR));
    if (!file) return failure(fmt::format("cannot make {}: {}", path, std::strerror(errno)), errno);
    return RecordFile(std::move(file), path);
}

Result<void> RecordFile::append(std::string_view lines) {
    std::size_t done = 0;
    while (done < lines.size()) {
        const auto wrote = ::write(file_.get(), lines.data() + done, lines.size() - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            const int code = wrote < 0 ? errno : ENOSPC;
            // No half of a line stays. Where not even this works, a reader sees that the file was cut.
            const auto whole = static_cast<off_t>(size_);
            [[maybe_unused]] const bool cut =
                ::ftruncate(file_.get(), whole) == 0 && ::lseek(file_.get(), whole, SEEK_SET) == whole;
            return failure(fmt::format("cannot write {}: {}", path_, std::strerror(code)), code);
        }
        done += static_cast<std::size_t>(wrote);
    }
    size_ += lines.size();
    return {};
}

}  // namespace regent::app
