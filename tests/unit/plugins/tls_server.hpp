// SPDX-License-Identifier: Apache-2.0
// A TLS server with a certificate of any age, in a thread of its own: the handshake takes both sides at once.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdexcept>
#include <string>
#include <thread>

#include "tests/unit/plugins/stats_socket.hpp"

namespace regent::test {

/// Signed by itself, for the host name `host`.
class SelfSigned {
  public:
    SelfSigned(const std::string& host, long begins_in_s, long ends_in_s)
        : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
        X509* const made = certificate_.get();
        X509_set_version(made, X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
        X509_gmtime_adj(X509_getm_notBefore(made), begins_in_s);
        X509_gmtime_adj(X509_getm_notAfter(made), ends_in_s);
        X509_set_pubkey(made, key_.get());
        X509_NAME* const name = X509_get_subject_name(made);
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                   reinterpret_cast<const unsigned char*>("regent test"), -1, -1, 0);
        X509_set_issuer_name(made, name);
        X509_EXTENSION* const names =
            X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
        X509_add_ext(made, names, -1);
        X509_EXTENSION_free(names);
        if (X509_sign(made, key_.get(), EVP_sha256()) == 0) throw std::runtime_error("no certificate");
    }
    void write(const std::filesystem::path& certificate, const std::filesystem::path& key) const {
        const std::unique_ptr<FILE, int (*)(FILE*)> first(std::fopen(certificate.c_str(), "w"), std::fclose);
        const std::unique_ptr<FILE, int (*)(FILE*)> second(std::fopen(key.c_str(), "w"), std::fclose);
        PEM_write_X509(first.get(), certificate_.get());
        PEM_write_PrivateKey(second.get(), key_.get(), nullptr, nullptr, 0, nullptr, nullptr);
    }
    EVP_PKEY* key() const { return key_.get(); }
    X509* certificate() const { return certificate_.get(); }

  private:
    std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key_;
    std::unique_ptr<X509, void (*)(X509*)> certificate_;
};

/// Takes one connection, answers one request on it, and ends.
class TlsServer {
  public:
    /// `client`: whose certificate the client has to show; none: it need not.
    TlsServer(const StatsSocket& socket, const SelfSigned& own, const std::string& answer,
              const SelfSigned* client = nullptr)
        : thread_([this, &socket, &own, answer, client] { serve(socket, own, answer, client); }) {}
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;
    ~TlsServer() {
        if (thread_.joinable()) thread_.join();
    }
    /// Waits for its end. Whether the client has resumed an earlier session.
    bool was_resumed() {
        thread_.join();
        return was_resumed_;
    }

  private:
    void serve(const StatsSocket& socket, const SelfSigned& own, const std::string& answer,
               const SelfSigned* client) {
        const Connection connection = socket.accept();
        const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                                   SSL_CTX_free);
        SSL_CTX_use_certificate(context.get(), own.certificate());
        SSL_CTX_use_PrivateKey(context.get(), own.key());
        if (client != nullptr) {
            SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
            X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), client->certificate());
        }
        const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context.get()), SSL_free);
        SSL_set_fd(tls.get(), connection.fd());
        if (SSL_accept(tls.get()) != 1) return;
        was_resumed_ = SSL_session_reused(tls.get()) != 0;
        char request[4096];
        if (SSL_read(tls.get(), request, sizeof request) <= 0) return;
        SSL_write(tls.get(), answer.data(), static_cast<int>(answer.size()));
        SSL_shutdown(tls.get());
    }

    bool was_resumed_ = false;
    std::thread thread_;
};

/// Takes one connection with TLS 1.2, asks for another handshake in place of an answer, and ends.
class RenegotiatingServer {
  public:
    /// Types of a record (RFC 5246, 6.2.1).
    static constexpr int alert = 21, handshake = 22;

    RenegotiatingServer(const StatsSocket& socket, const SelfSigned& own)
        : thread_([this, &socket, &own] { serve(socket, own); }) {}
    RenegotiatingServer(const RenegotiatingServer&) = delete;
    RenegotiatingServer& operator=(const RenegotiatingServer&) = delete;
    ~RenegotiatingServer() {
        if (thread_.joinable()) thread_.join();
    }
    /// Waits for its end. The type of the record that the client has sent then; -1: none.
    int reply() {
        thread_.join();
        return reply_;
    }

  private:
    void serve(const StatsSocket& socket, const SelfSigned& own) {
        const Connection connection = socket.accept();
        const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_server_method()),
                                                                   SSL_CTX_free);
        SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
        SSL_CTX_use_certificate(context.get(), own.certificate());
        SSL_CTX_use_PrivateKey(context.get(), own.key());
        const std::unique_ptr<SSL, void (*)(SSL*)> tls(SSL_new(context.get()), SSL_free);
        SSL_set_fd(tls.get(), connection.fd());
        if (SSL_accept(tls.get()) != 1) return;
        char request[4096];
        if (SSL_read(tls.get(), request, sizeof request) <= 0) return;
        if (SSL_renegotiate(tls.get()) != 1 || SSL_do_handshake(tls.get()) != 1) return;
        unsigned char type = 0;
        if (::recv(connection.fd(), &type, 1, 0) == 1) reply_ = type;
    }

    int reply_ = -1;
    std::thread thread_;
};

}  // namespace regent::test
