// SPDX-License-Identifier: Apache-2.0
// From bytes to settings: the edge where files, the TOML library and its exceptions end.
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <tuple>
#include <unistd.h>

#include "agent/base/check.hpp"
#include "agent/base/result.hpp"
#include "agent/config/config.hpp"
#include "agent/config/read.hpp"
#include "agent/config/rules.hpp"

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

struct FileProblem {
    std::string code;
    std::string text;
    std::string hint;
};

FileProblem unreadable(int error) {
    return {"unreadable", fmt::format("cannot read the file: {}", std::strerror(error)), {}};
}

/// Reads at most one byte more than is allowed. A FIFO or a device is refused before anything is read from
/// it.
tl::expected<std::string, FileProblem> read_text(const std::filesystem::path& path) {
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
    while (text.size() <= maximum_file_size) {
        const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return tl::unexpected(unreadable(errno));
        if (size == 0) return text;
        text.append(buffer.data(), static_cast<std::size_t>(size));
    }
    return tl::unexpected(
        FileProblem{"too_large", fmt::format("it is larger than {} bytes", maximum_file_size), {}});
}

Loaded failed(Diagnostic diagnostic) {
    diagnostic.severity = Diagnostic::Severity::error;
    Loaded loaded;
    loaded.diagnostics.push_back(std::move(diagnostic));
    return loaded;
}

Loaded failed(Report& report) {
    Loaded loaded;
    loaded.diagnostics = report.take();
    return loaded;
}

/// Plugins are asked for only where the file uses one: a restart after a crash must not wait for them.
Installed what_is_installed(const toml::table& root, const Capabilities& capabilities, Report& report) {
    if (!capabilities.installed || (!root.contains("check") && !root.contains("notifier"))) return {};
    Installed installed = capabilities.installed();
    for (const PluginProblem& problem : installed.problems) {
        report.warning({}, "plugin", "",
                       fmt::format("plugin {} cannot be used: {}", in_path_quotes(problem.file.string()),
                                   printable(problem.text)));
    }
    return installed;
}

std::string kernel_host_name() {
    std::array<char, HOST_NAME_MAX + 1> name{};
    if (::gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
    return name.data();
}

/// The library's words, with a hint where they are known to puzzle.
void report_syntax(const toml::parse_error& error, const SourceText& source, Report& report) {
    const Place place = place_of(error.source());
    const std::string text = printable(error.description());
    constexpr std::string_view lead = "Error while ";
    std::string hint;
    if (place.column > decode_utf8(source.line(place.line)).size() &&
        text.find("string") != std::string::npos) {
        hint = "the quote that ends the string is missing";
    } else if (text.find("cannot redefine") != std::string::npos) {
        hint = "a key or a table may stand in a file only once";
    }
    report.error(place, "syntax", "", text.starts_with(lead) ? text.substr(lead.size()) : text,
                 std::move(hint));
}

/// Everything after the bytes are there. May throw what the standard library throws.
Loaded load_checked(std::string_view text, const std::string& file_name, const Capabilities& capabilities,
                    const std::string& host_name) {
    SourceText source(text);
    Report report(file_name, source);
    if (const auto line = find_deep_key(text)) {
        report.error({*line, 1, 1}, "syntax", "",
                     fmt::format("a key has more than {} parts", maximum_key_depth));
        return failed(report);
    }
    toml::table root;
    try {
        root = toml::parse(text);
    } catch (const toml::parse_error& error) {
        report_syntax(error, source, report);
        return failed(report);
    }
    Installed installed = what_is_installed(root, capabilities, report);
    Offers offers(installed);
    source.add_secrets(offers.secret_names());
    Draft draft = read_file(root, report, offers, host_name);
    judge_plugins(draft, capabilities, report);
    judge(draft, report);
    if (report.has_errors()) return failed(report);
    Loaded loaded;
    std::tie(loaded.settings, loaded.plan) = draft.finish();
    loaded.diagnostics = report.take();
    loaded.plugins = std::move(installed.plugins);
    return loaded;
}

}  // namespace

Loaded load_text(std::string_view text, const std::string& file_name, const Capabilities& capabilities,
                 const std::string& host_name) {
    Diagnostic problem;
    problem.file = file_name;
    if (text.size() > maximum_file_size) {
        problem.code = "too_large";
        problem.message = fmt::format("it is larger than {} bytes", maximum_file_size);
        return failed(std::move(problem));
    }
    try {
        return load_checked(text, file_name, capabilities,
                            host_name.empty() ? kernel_host_name() : host_name);
    } catch (const std::exception& exception) {
        problem.code = "syntax";
        problem.message = fmt::format("the file cannot be read: {}", printable(exception.what()));
        return failed(std::move(problem));
    }
}

Loaded load_file(const std::filesystem::path& path, const Capabilities& capabilities) {
    auto text = read_text(path);
    if (text) return load_text(*text, path.string(), capabilities);
    Diagnostic problem;
    problem.file = path.string();
    problem.code = std::move(text.error().code);
    problem.message = std::move(text.error().text);
    problem.hint = std::move(text.error().hint);
    return failed(std::move(problem));
}

}  // namespace regent::config
