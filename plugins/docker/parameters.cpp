// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/parameters.hpp"

#include <algorithm>
#include <cctype>

#include "plugins/support/socket_address.hpp"

namespace regent::plugins::docker {
namespace {

constexpr std::size_t maximum_name = 256, maximum_label = 1024, maximum_socket_path = 107;
constexpr const char* default_socket = "/run/docker.sock";

/// What dockerd takes for a name, or an id.
bool is_name(const std::string& text) {
    const auto is_letter = [](char letter) { return std::isalnum(static_cast<unsigned char>(letter)) != 0; };
    return !text.empty() && text.size() <= maximum_name && is_letter(text.front()) &&
           std::all_of(text.begin(), text.end(), [&](char letter) {
               return is_letter(letter) || letter == '_' || letter == '.' || letter == '-';
           });
}

bool is_printable(const std::string& text) {
    return std::none_of(text.begin(), text.end(),
                        [](char letter) { return static_cast<unsigned char>(letter) < ' '; });
}

std::string address_in_url(const std::string& address) {
    return address.find(':') == std::string::npos ? address : "[" + address + "]";
}

curl::Peer over_unix_socket(const sdk::Values& values) {
    for (const char* const name : {"port", "server_name", "ca_file", "client_certificate", "client_key"}) {
        if (values.has(name)) throw sdk::Blame(values, name, "is of no use without host");
    }
    const std::string path = values.text_if_set("socket").value_or(default_socket);
    if (path.size() > maximum_socket_path)
        throw sdk::Blame(values, "socket", "is too long for a unix socket");
    curl::Peer made;
    made.url.text = "http://docker";
    made.unix_socket = path;
    return made;
}

curl::Peer over_tcp(const sdk::Values& values) {
    if (values.has("socket"))
        throw sdk::Blame(values, "socket", "host says already where dockerd is: give one of the two");
    const bool is_tls = values.boolean("tls");
    curl::Peer made;
    made.address = values.text("host");
    if (curl::is_link_local(made.address)) throw sdk::Blame(values, "host", std::string(link_local_fault));
    const std::string name = values.text_if_set("server_name").value_or(address_in_url(made.address));
    const std::string port = std::to_string(values.has("port") ? values.port("port") : is_tls ? 2376 : 2375);
    made.url.text = (is_tls ? "https://" : "http://") + name + ":" + port;
    std::string why;
    const auto parsed = curl::parse_url(made.url.text, why);
    if (!parsed || parsed->text != made.url.text || parsed->shown != made.url.text + "/")
        throw sdk::Blame(values, "server_name", "must be a host name");
    made.url = *parsed;
    for (const char* const file : {"server_name", "ca_file", "client_certificate", "client_key"}) {
        if (!is_tls && values.has(file)) throw sdk::Blame(values, file, "is of no use with tls = false");
    }
    made.tls = {true, values.text("ca_file"), values.text("client_certificate"), values.text("client_key")};
    if (!made.tls.key.empty() && made.tls.certificate.empty())
        throw sdk::Blame(values, "client_key", "is of no use without client_certificate");
    return made;
}

}  // namespace

curl::Peer peer(const sdk::Values& values) {
    return values.has("host") ? over_tcp(values) : over_unix_socket(values);
}

Wanted wanted(const sdk::Values& values) {
    if (values.has("container") == values.has("label"))
        throw sdk::Blame(values, values.has("label") ? "label" : "container",
                         "one of container and label must say which containers are meant, and only one");
    Wanted made;
    if (values.has("container")) {
        made.container = values.text("container");
        if (!is_name(made.container))
            throw sdk::Blame(values, "container",
                             "is no name of a container: letters, digits, \"_\", \".\" and \"-\"");
        if (values.has("min_running")) throw sdk::Blame(values, "min_running", "is of no use without label");
        return made;
    }
    const std::string label = values.text("label");
    const std::size_t equals = label.find('=');
    made.label_key = label.substr(0, equals);
    made.has_label_value = equals != std::string::npos;
    if (made.has_label_value) made.label_value = label.substr(equals + 1);
    if (made.label_key.empty() || label.size() > maximum_label || !is_printable(label))
        throw sdk::Blame(values, "label", "must be \"KEY\" or \"KEY=VALUE\"");
    made.min_running =
        values.has("min_running") ? static_cast<std::size_t>(values.integer("min_running")) : 1;
    return made;
}

}  // namespace regent::plugins::docker
