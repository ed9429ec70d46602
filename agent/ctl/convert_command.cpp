// SPDX-License-Identifier: Apache-2.0
#include "agent/ctl/convert_command.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <ostream>
#include <stdexcept>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/config/convert.hpp"
#include "agent/ctl/plugin_places.hpp"

namespace regent::ctl {

namespace {

[[noreturn]] void fail(const std::string& file, int error, const char* advice = "") {
    throw std::runtime_error(fmt::format("cannot write {}: {}{}", file, std::strerror(error), advice));
}

/// A password must not become readable by more people than before.
mode_t mode_of(const std::string& file) {
    struct stat status {};
    constexpr mode_t readable = 0666;
    return ::stat(file.c_str(), &status) == 0 ? status.st_mode & readable : 0600;
}

/// Throws std::runtime_error. A file that is there already is refused without `force`.
void write_file(const std::string& file, const std::string& text, mode_t mode, bool force) {
    const int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | (force ? O_TRUNC : O_EXCL);
    const int descriptor = ::open(file.c_str(), flags, mode);
    if (descriptor < 0) fail(file, errno, errno == EEXIST ? " (--force overwrites it)" : "");
    std::size_t written = 0;
    int error = 0;
    while (written < text.size() && error == 0) {
        const ssize_t size = ::write(descriptor, text.data() + written, text.size() - written);
        if (size < 0 && errno != EINTR) error = errno;
        if (size > 0) written += static_cast<std::size_t>(size);
    }
    if (::close(descriptor) != 0 && error == 0) error = errno;
    if (error != 0) fail(file, error);
}

/// The agent is not root: what root alone may read it may not.
std::string note_about_group(const std::string& file) {
    return fmt::format(
        "regentctl: {0} is not for everybody to read, as the original: regent must be able to "
        "(chgrp regent {0}; chmod 0640 {0})\n",
        file);
}

std::size_t count(const std::vector<config::Diagnostic>& diagnostics, config::Diagnostic::Severity severity) {
    std::size_t number = 0;
    for (const config::Diagnostic& each : diagnostics)
        number += each.severity == severity ? 1U : 0U;
    return number;
}

std::string summary(const std::string& file, const config::Converted& converted) {
    using Severity = config::Diagnostic::Severity;
    const std::size_t errors = count(converted.diagnostics, Severity::error);
    const std::size_t warnings = count(converted.diagnostics, Severity::warning);
    return fmt::format("{}: {}, {} error{}, {} warning{}\n", file,
                       !converted.toml ? "not converted"
                       : errors > 0    ? "converted, but not whole"
                                       : "converted",
                       errors, errors == 1 ? "" : "s", warnings, warnings == 1 ? "" : "s");
}

}  // namespace

ExitCode config_convert(const Arguments& given, const Streams& streams) {
    const std::string& file = given.operands.front();
    const auto& output = given.value("output");
    config::ConvertOptions options;
    if (const auto& id = given.value("config-id")) options.config_id = *id;
    plugin::Catalog catalog = catalog_of(given);
    const config::Converted converted = config::convert_file(file, options, catalog.capabilities());
    if (output && converted.toml) {
        const mode_t mode = mode_of(file);
        write_file(*output, *converted.toml, mode, given.is("force"));
        if ((mode & S_IROTH) == 0) streams.err << note_about_group(*output);
    }
    if (given.is("json")) {
        streams.out << config::to_json(file, converted, !output);
    } else {
        streams.err << config::render(converted.diagnostics, streams.colour) << summary(file, converted);
        if (!output && converted.toml) streams.out << *converted.toml;
    }
    return config::has_errors(converted.diagnostics) ? ExitCode::invalid_config : ExitCode::ok;
}

}  // namespace regent::ctl
