// SPDX-License-Identifier: Apache-2.0
#include "plugins/docker/look.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace regent::plugins::docker {
namespace {

std::string escaped(const std::string& text) {
    std::string made;
    for (const char letter : text)
        made += fmt::format("%{:02X}", static_cast<unsigned char>(letter));
    return made;
}

/// dockerd could be asked, and has no answer to that.
sdk::Result refused(const Reply& reply) {
    const std::string message = parse_message(reply.body);
    return sdk::unknown(
        reply.status == 401 || reply.status == 403 ? sdk::Reason::permission : sdk::Reason::protocol,
        fmt::format("dockerd answers with status {}{}{}", reply.status, message.empty() ? "" : ": ", message),
        static_cast<int>(reply.status));
}

}  // namespace

void Look::start(Done done) {
    cancel();
    ++number_;
    done_ = std::move(done);
    found_.clear();
    unclear_.reset();
    open_ = 0;
    if (!wanted_.container.empty()) {
        open_ = 1;
        return ask(0, wanted_.container);
    }
    if (!list_) list_ = std::make_unique<Question>(daemon_.peer());
    // With those that have ended, or nobody could say which one is missing.
    nlohmann::json filters;
    filters["label"] = nlohmann::json::array({wanted_.label()});
    list_->ask(daemon_.multi(), "/containers/json?all=1&filters=" + escaped(filters.dump()),
               [this](Question::Answer answer) { take_list(std::move(answer)); });
}

void Look::ask(std::size_t index, const std::string& id) {
    if (questions_.size() <= index) questions_.push_back(std::make_unique<Question>(daemon_.peer()));
    questions_[index]->ask(daemon_.multi(), "/containers/" + id + "/json",
                           [this](Question::Answer answer) { take(std::move(answer)); });
}

void Look::take_list(Question::Answer answer) {
    if (!answer) return finish(tl::unexpected(answer.error()));
    if (answer->status != 200) return finish(tl::unexpected(refused(*answer)));
    auto list = parse_list(answer->body);
    if (!list) return finish(tl::unexpected(sdk::unknown(sdk::Reason::protocol, "dockerd: " + list.error())));
    // What nobody removes after its run piles up, and must not hide those that run.
    const auto first_ended =
        std::stable_partition(list->begin(), list->end(), [](const Listed& one) { return !one.has_ended; });
    const auto alive = static_cast<std::size_t>(first_ended - list->begin());
    if (alive <= maximum_containers) list->resize(std::min(list->size(), maximum_containers));
    if (alive > maximum_containers)
        return finish(tl::unexpected(sdk::unknown(
            sdk::Reason::config,
            fmt::format("{} containers that have not ended have label {}, and no more than {} are looked at",
                        alive, wanted_.label(), maximum_containers))));
    if (list->empty()) return finish(Sight());
    open_ = list->size();
    // The first that fails ends all, and perhaps begins anew.
    const std::uint64_t number = number_;
    for (std::size_t index = 0; index < list->size() && is_active() && number == number_; ++index)
        ask(index, (*list)[index].id);
}

void Look::take(Question::Answer answer) {
    if (!answer) return finish(tl::unexpected(answer.error()));
    if (answer->status == 200) {
        auto container = parse_container(answer->body);
        if (container) found_.push_back(std::move(*container));
        if (!container) unclear_ = sdk::unknown(sdk::Reason::protocol, "dockerd: " + container.error());
    } else if (answer->status != 404) {
        unclear_ = refused(*answer);
    }
    if (--open_ > 0) return;
    if (unclear_) return finish(tl::unexpected(*unclear_));
    finish(std::exchange(found_, {}));
}

void Look::finish(Sight sight) {
    const Done done = std::exchange(done_, nullptr);
    cancel();
    done(std::move(sight));
}

void Look::cancel() {
    done_ = nullptr;
    if (list_) list_->cancel();
    for (const auto& question : questions_)
        question->cancel();
}

std::string Look::awaited() const {
    if (open_ == 0 && list_) return list_->awaited();
    const auto open = std::find_if(questions_.begin(), questions_.end(),
                                   [](const auto& question) { return question->is_active(); });
    return open == questions_.end() ? "the connection" : (*open)->awaited();
}

}  // namespace regent::plugins::docker
