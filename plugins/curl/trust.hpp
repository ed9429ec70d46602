// SPDX-License-Identifier: Apache-2.0
// Whose certificates are believed, and what is wrong with one that is not: libcurl says only that there is
// something.
#pragma once

#include <ctime>
#include <openssl/ssl.h>
#include <optional>
#include <string>

namespace regent::plugins::curl {

/// What was found out about a server's certificate during one handshake.
struct Certificate {
    std::string fault;                   ///< "certificate expired 3 days ago"; empty: none was found
    std::optional<double> seconds_left;  ///< how long the server's own is valid yet; negative: it has expired
    std::string ca_file_fault;           ///< why the trusted certificates cannot be read; empty: they can
};

/// Has `context` believe what stands in `ca_file` (empty: the system's), and write into `seen`, which
/// outlives the handshake (there is but one: renegotiation is refused), what it thinks of the server. Reads
/// the file only when it has changed. False: `seen.ca_file_fault` says why not.
bool trust(SSL_CTX* context, const std::string& ca_file, Certificate& seen);

/// "3 days", "5 hours", "40 seconds": the largest unit that there is at least one of. Of either sign.
std::string rough_duration(double seconds);

}  // namespace regent::plugins::curl
