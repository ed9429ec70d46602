// SPDX-License-Identifier: Apache-2.0
// Any bytes from whoever sits behind dockerd's socket: nothing may crash, a line is the same however it is
// cut, and what is read gives a verdict with a sentence.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "plugins/docker/verdict.hpp"

using namespace regent::plugins::docker;

namespace {

void demand(bool is_true) {
    if (!is_true) std::abort();
}

std::vector<std::string> lines(std::string_view text, std::size_t step) {
    std::vector<std::string> found;
    LineReader reader;
    while (!text.empty()) {
        const auto part = text.substr(0, step);
        const bool is_good =
            reader.add(part, [&](std::string_view line) { return found.emplace_back(line), true; });
        demand(is_good != reader.is_too_long());
        demand(reader.held() <= LineReader::maximum_line);
        text.remove_prefix(part.size());
    }
    return found;
}

void stream(std::string_view text) {
    const auto whole = lines(text, text.size());
    demand(whole == lines(text, 1) && whole == lines(text, 7));
    Wanted named, labelled;
    named.container = "web";
    labelled.label_key = "app";
    Container container;
    container.name = "web";
    for (const std::string& line : whole) {
        const auto event = parse_event(line);
        if (!event) continue;
        demand(event->id.size() == 64 && event->time_ns >= 0 && event->name.size() <= 260);
        (void)named.concerns(*event);
        (void)labelled.concerns(*event);
        apply(*event, container);
        demand(!judge(container).message.empty());
    }
}

void answer(std::string_view text) {
    if (const auto container = parse_container(text)) {
        demand(container->id.size() == 64 && !container->name.empty() && container->pid >= 0);
        demand(!judge(*container).message.empty());
        Wanted wanted;
        wanted.label_key = "app";
        demand(!judge({*container, *container}, wanted).message.empty());
    } else {
        demand(!container.error().empty());
    }
    const auto list = parse_list(text);
    demand(list ? std::all_of(list->begin(), list->end(), [](const auto& one) { return one.id.size() == 64; })
                : !list.error().empty());
    demand(parse_message(text).size() <= 123);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string text(data + 1, data + size);
    if ((data[0] & 1) != 0) {
        stream(text);
    } else {
        answer(text);
    }
    return 0;
}
