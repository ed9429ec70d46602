// SPDX-License-Identifier: Apache-2.0
#include "plugins/curl/trust.hpp"

#include <array>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/stat.h>

#include "plugins/support/printable.hpp"

namespace regent::plugins::curl {
namespace {

/// Where Debian has them (package ca-certificates).
constexpr const char* system_file = "/etc/ssl/certs/ca-certificates.crt";
/// Files that are remembered; each may be some megabytes.
constexpr std::size_t maximum_files = 16;

struct FreeStore {
    void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
using Store = std::unique_ptr<X509_STORE, FreeStore>;

struct Loaded {
    Store store;
    timespec changed{};
    off_t size = 0;
};

/// The system's file takes 15 ms to read, and every check would read it for each connection.
X509_STORE* load(const std::string& file, std::string& fault) {
    static std::map<std::string, Loaded> cache;
    struct stat status {};
    if (::stat(file.c_str(), &status) != 0) {
        fault = fmt::format("cannot read the trusted certificates in {}: {}", file, std::strerror(errno));
        return nullptr;
    }
    const auto known = cache.find(file);
    if (known != cache.end() && known->second.size == status.st_size &&
        known->second.changed.tv_sec == status.st_mtim.tv_sec &&
        known->second.changed.tv_nsec == status.st_mtim.tv_nsec)
        return known->second.store.get();
    Store store(X509_STORE_new());
    if (!store || X509_STORE_load_file(store.get(), file.c_str()) != 1) {
        ERR_clear_error();
        fault = fmt::format("there are no certificates in {} that can be read (PEM is wanted)", file);
        return nullptr;
    }
    // As libcurl does: an intermediate authority in the file is believed like a root.
    X509_STORE_set_flags(store.get(), X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN);
    if (known == cache.end() && cache.size() >= maximum_files) cache.clear();
    Loaded& kept = cache[file];
    kept = {std::move(store), status.st_mtim, status.st_size};
    return kept.store.get();
}

double seconds_until(const ASN1_TIME* time) {
    int days = 0;
    int seconds = 0;
    if (time == nullptr || ASN1_TIME_diff(&days, &seconds, nullptr, time) != 1) return 0;
    return days * 86400.0 + seconds;
}

std::string subject_of(X509* certificate) {
    if (certificate == nullptr) return "?";
    std::array<char, 200> text{};
    X509_NAME_oneline(X509_get_subject_name(certificate), text.data(), static_cast<int>(text.size()));
    return printable(text.data(), 80);
}

std::string fault_of(X509_STORE_CTX* chain) {
    const int error = X509_STORE_CTX_get_error(chain);
    X509* const certificate = X509_STORE_CTX_get_current_cert(chain);
    // Which one, if it is not the server's own.
    const std::string which = X509_STORE_CTX_get_error_depth(chain) == 0
                                  ? "certificate"
                                  : fmt::format("certificate of {}", subject_of(certificate));
    if (error == X509_V_ERR_CERT_HAS_EXPIRED && certificate != nullptr)
        return fmt::format("{} expired {} ago", which,
                           rough_duration(seconds_until(X509_get0_notAfter(certificate))));
    if (error == X509_V_ERR_CERT_NOT_YET_VALID && certificate != nullptr)
        return fmt::format("{} is valid only in {}", which,
                           rough_duration(seconds_until(X509_get0_notBefore(certificate))));
    return fmt::format("{} is not trusted: {}", which, X509_verify_cert_error_string(error));
}

int on_verify(int is_good, X509_STORE_CTX* chain) {
    const auto* const ssl =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    auto* const seen =
        ssl == nullptr ? nullptr : static_cast<Certificate*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    if (seen == nullptr) return is_good;
    if (is_good == 0 && seen->fault.empty()) seen->fault = fault_of(chain);
    if (X509_STORE_CTX_get_error_depth(chain) == 0)
        seen->seconds_left = seconds_until(X509_get0_notAfter(X509_STORE_CTX_get_current_cert(chain)));
    return is_good;
}

}  // namespace

bool trust(SSL_CTX* context, const std::string& ca_file, Certificate& seen) {
    X509_STORE* const store = load(ca_file.empty() ? system_file : ca_file, seen.ca_file_fault);
    if (store == nullptr) return false;
    SSL_CTX_set1_cert_store(context, store);
    SSL_CTX_set_app_data(context, &seen);
    // A connection may outlive `seen`, and a server that could begin a handshake later would have it written.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &on_verify);
    return true;
}

std::string rough_duration(double seconds) {
    struct Unit {
        double length;
        const char* name;
    };
    static constexpr std::array units{Unit{86400, "day"}, Unit{3600, "hour"}, Unit{60, "minute"}};
    const double length = std::floor(std::abs(seconds));
    for (const Unit& unit : units) {
        if (length < unit.length) continue;
        const auto count = static_cast<long>(length / unit.length);
        return fmt::format("{} {}{}", count, unit.name, count == 1 ? "" : "s");
    }
    return fmt::format("{} second{}", static_cast<long>(length), length == 1.0 ? "" : "s");
}

}  // namespace regent::plugins::curl
