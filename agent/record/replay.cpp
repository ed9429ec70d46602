// SPDX-License-Identifier: Apache-2.0
#include "agent/record/replay.hpp"

#include <optional>
#include <string>

#include "agent/base/text.hpp"
#include "agent/core/engine.hpp"
#include "agent/record/digest.hpp"
#include "agent/record/trust.hpp"

namespace regent::record {
namespace {

constexpr std::size_t longest_line = 64U << 20U;

enum class Read : std::uint8_t { line, cut, end, too_long };

/// As std::getline, within bounds; a line that does not end was cut.
Read read_line(std::istream& in, std::string& line) {
    line.clear();
    auto& buffer = *in.rdbuf();
    for (auto c = buffer.sbumpc(); c != std::char_traits<char>::eof(); c = buffer.sbumpc()) {
        if (c == '\n') return Read::line;
        if (line.size() == longest_line) return Read::too_long;
        line += std::char_traits<char>::to_char_type(c);
    }
    return line.empty() ? Read::end : Read::cut;
}

class Run {
  public:
    explicit Run(const Listener& listener) : listener_(listener) {}

    /// True: the recording ends with this line.
    Result<bool> take(const Line& line) {
        ++found_.lines;
        return std::visit([this](const auto& what) { return on(what); }, line);
    }
    const Replayed& found() const { return found_; }
    bool begun() const { return found_.lines > 0; }

  private:
    Result<bool> on(const Header& header) {
        if (found_.lines != 1) return failure("a header is the first line alone");
        found_.header = header;
        if (listener_.begins) listener_.begins(header);
        return false;
    }

    Result<bool> on(const Gap& gap) {
        if (!begun_with_header()) return no_header();
        found_.ending = Replayed::Ending::gap;
        found_.missing = gap.inputs;
        return true;
    }

    Result<bool> on(const End& end) {
        if (!begun_with_header()) return no_header();
        found_.ending = end.cause == EndCause::stopped ? Replayed::Ending::stopped : Replayed::Ending::limit;
        return true;
    }

    Result<bool> on(const Step& step) {
        const auto actions = give(step.input, step.at);
        if (!actions) return tl::unexpected(actions.error());
        if (listener_.stepped) listener_.stepped(step, *actions);
        if (actions->size() != step.actions)
            return failure(concat("the actions differ: ", step.actions, " are recorded, the engine wants ",
                                  actions->size()));
        if (digest_of(*actions) != step.digest)
            return failure(
                concat("the actions differ: as many as are recorded, ", step.actions, ", but others"));
        ++found_.inputs;
        found_.actions += actions->size();
        return false;
    }

    Result<bool> on(const Fatal& fatal) {
        if (begun_with_header() && listener_.dies) listener_.dies(found_.lines, fatal);
        const auto actions = give(fatal.input, fatal.fatal_at);
        if (!actions) return tl::unexpected(actions.error());
        return failure("the agent died of this input, and this engine does not");
    }

    Result<core::Actions> give(const core::Input& input, Instant at) {
        if (!begun_with_header()) return failure("the first line is not a header");
        if (at < last_) return failure("at: time goes back");
        last_ = at;
        if (const auto* applied = std::get_if<core::ConfigApplied>(&input)) {
            const auto trusted = check_trust(*applied->settings);
            if (!trusted) return tl::unexpected(trusted.error());
            configured_ = true;
        }
        if (configured_ && std::holds_alternative<core::Recalled>(input))
            return failure("Recalled comes before the first ConfigApplied");
        return engine_.step(input, at);
    }

    bool begun_with_header() const { return found_.lines > 1; }
    static Result<bool> no_header() { return failure("the first line is not a header"); }

    const Listener& listener_;
    core::Engine engine_;
    Instant last_{};
    bool configured_ = false;
    Replayed found_;
};

}  // namespace

Result<Replayed> replay(std::istream& in, const Listener& listener) {
    Run run(listener);
    std::string text;
    for (std::uint64_t number = 1;; ++number) {
        const auto fail = [&](std::string_view what) { return failure(concat(number, ": ", what)); };
        const auto read = read_line(in, text);
        if (read == Read::too_long) return fail("the line is too long");
        if (read != Read::line && !run.begun())
            return fail("there is no header: the file is empty or was cut");
        if (read != Read::line) return run.found();
        const auto line = parse_line(text);
        if (!line) return fail(line.error().text);
        const auto ended = run.take(*line);
        if (!ended) return fail(ended.error().text);
        if (*ended) return run.found();
    }
}

}  // namespace regent::record
