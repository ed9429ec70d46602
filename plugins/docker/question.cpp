// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/question.hpp"

#include <cerrno>
#include <fmt/format.h>

#include "plugins/curl/failure.hpp"

namespace regent::plugins::docker {

sdk::Result dockerd_failure(const curl::Transfer& transfer, CURLcode code) {
    sdk::Result result = curl::failure(transfer, code);
    result.state = sdk::State::unknown;
    result.message = "cannot ask dockerd: " + result.message;
    if (result.detail_code == EACCES) result.message += "; the agent's user must be in the group docker";
    return result;
}

curl::Request Question::request() {
    curl::Request made;
    made.keep = true;
    return made;
}

void Question::ask(curl::Multi& multi, const std::string& path, Done done) {
    transfer_.cancel();
    done_ = std::move(done);
    body_.clear();
    is_too_long_ = false;
    transfer_.set_url(transfer_.peer().url.text + path);
    transfer_.start(multi);
}

bool Question::on_body(std::string_view part) {
    is_too_long_ = body_.size() + part.size() > maximum_answer;
    if (!is_too_long_) body_ += part;
    return !is_too_long_;
}

void Question::on_end(CURLcode code) {
    const Done done = std::exchange(done_, nullptr);
    if (is_too_long_) {
        done(tl::unexpected(sdk::unknown(
            sdk::Reason::protocol, fmt::format("dockerd's answer is longer than {} bytes", maximum_answer))));
    } else if (code != CURLE_OK) {
        done(tl::unexpected(dockerd_failure(transfer_, code)));
    } else {
        done(Reply{transfer_.status(), std::exchange(body_, {})});
    }
}

}  // namespace regent::plugins::docker
