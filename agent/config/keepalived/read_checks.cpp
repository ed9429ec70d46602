// SPDX-License-Identifier: Apache-2.0
// vrrp_script and vrrp_track_process: what becomes a check.
#include <fmt/format.h>

#include "agent/config/keepalived/command.hpp"
#include "agent/config/keepalived/readers.hpp"
#include "agent/config/keepalived/words.hpp"
#include "agent/config/toml_writer.hpp"

namespace regent::config::keepalived {

namespace {

const std::vector<std::string> script_keywords{"script", "interval", "timeout", "weight",
                                               "rise",   "fall",     "user",    "init_fail"};
const std::vector<std::string> process_keywords{"process",    "param_match",     "weight",
                                                "quorum",     "quorum_max",      "delay",
                                                "fork_delay", "terminate_delay", "full_command"};

class ScriptReader {
  public:
    ScriptReader(const Reading& reading, Check& check) : reading_(reading), check_(check) {}

    void all(const Statement& block) {
        for (const Statement& statement : block.children)
            one(statement);
        if (!command_) {
            return reading_.lose(check_.table, block, "no script is set",
                                 "write script \"/path/of/program arguments\"");
        }
        write_command(block);
    }

  private:
    void one(const Statement& statement) {
        const std::string_view keyword = statement.keyword();
        if (keyword == "script") {
            script(statement);
        } else if (keyword == "interval" || keyword == "timeout") {
            if (const auto time = reading_.seconds(statement)) {
                const bool no_limit = keyword == "timeout" && time->value == "\"0s\"";
                if (!no_limit) check_.table.set(std::string(keyword), time->value, time->spot);
                if (keyword == "interval")
                    interval_ = seconds_of(statement.words[1].text).value_or(interval_);
            }
        } else if (keyword == "rise" || keyword == "fall") {
            if (const auto number = reading_.value(statement)) {
                check_.table.set(std::string(keyword), toml_number(number->value), number->spot);
                if (keyword == "fall") fall_ = number_of(number->value).value_or(1);
            }
        } else if (keyword == "weight") {
            if (const auto weight = reading_.weight(statement, 0)) check_.weight = *weight;
        } else if (keyword == "user") {
            user_ = &statement;
        } else if (keyword == "init_fail") {
            reading_.leave_out(
                check_.table, statement,
                "a check without a verdict yet changes nothing for a while, see docs/failover.md");
        } else {
            reading_.other(check_.table, statement, Block::script, script_keywords);
        }
    }

    void script(const Statement& statement) {
        if (statement.words.size() < 2) {
            (void)reading_.value(statement);
            return;
        }
        command_ = &statement;
        if (statement.words[1].quoted) {
            // What follows may be settings on the same line: as arguments they would fail the check.
            text_ = reading_.value(statement)->value;
            return;
        }
        text_.clear();
        for (std::size_t i = 1; i < statement.words.size(); ++i)
            text_ += (i == 1 ? "" : " ") + statement.words[i].text;
        if (statement.words.size() > 2) {
            reading_.remark(
                check_.table, statement.spot_of(2), "script",
                "keepalived runs the first word alone, because the command is not in quotes; here "
                "all of it runs",
                "advice");
        }
    }

    void write_command(const Statement& block) {
        const auto command = split_command(text_);
        if (!command || command->empty()) {
            return reading_.lose(check_.table, *command_, command ? "it is empty" : command.error().message,
                                 "write script \"/path/of/program arguments\"");
        }
        if (const auto native = native_check(*command)) return write_native(*native);
        const bool shell = is_shell_text(*command);
        if (!shell && !is_runnable(command->front())) {
            return reading_.lose(check_.table, *command_, "the path of the program is not absolute",
                                 "write the whole path of the program");
        }
        const bool operators = !shell && has_shell_operator(*command);
        if (operators) {
            reading_.remark(
                check_.table, command_->spot, "script",
                "keepalived hands shell operators to the program as arguments; here a shell reads "
                "them",
                "advice");
        }
        Table& table = check_.table;
        table.set("type", "\"exec\"", block.spot);
        table.set("command", shell || operators ? shell_toml(text_) : command_toml(*command), command_->spot);
        table.set("keepalived", "true", command_->spot);
        if (user_ != nullptr) {
            reading_.leave_out(table, *user_,
                               "under its unit regent runs programs as its own user, see "
                               "/usr/share/doc/regent/migration.md");
        }
        check_.can_run = true;
    }

    /// The end of a process is told at once. What `fall` bore, a restart between two looks, `grace` bears.
    void write_native(const NativeCheck& native) {
        Table& table = check_.table;
        table.set("type", toml_string(native.type), command_->spot);
        for (const auto& [key, value] : native.parameters)
            table.set(key, value, command_->spot);
        if (native.type == "process" && fall_ > 1 && fall_ <= 100)
            table.set("grace", toml_string((fall_ - 1) * interval_), command_->spot);
        table.notes.push_back({command_->spot, fmt::format("{}: a check of regent's own", printable(text_))});
        check_.can_run = true;
    }

    const Reading& reading_;
    Check& check_;
    const Statement* command_ = nullptr;
    const Statement* user_ = nullptr;
    std::string text_;
    int fall_ = 1;
    Duration interval_ = std::chrono::seconds(1);
};

class ProcessReader {
  public:
    ProcessReader(const Reading& reading, Check& check) : reading_(reading), check_(check) {}

    void all(const Statement& block) {
        check_.table.set("type", "\"process\"", block.spot);
        for (const Statement& statement : block.children)
            one(statement);
        if (!check_.can_run) reading_.lose(check_.table, block, "no process is set", "write process NAME");
    }

  private:
    void one(const Statement& statement) {
        const std::string_view keyword = statement.keyword();
        if (keyword == "process") {
            process(statement);
        } else if (keyword == "weight") {
            if (const auto weight = reading_.weight(statement, 0)) check_.weight = *weight;
        } else if (keyword == "delay" || keyword == "terminate_delay") {
            if (const auto time = reading_.seconds(statement))
                check_.table.set("grace", time->value, time->spot);
            if (keyword == "delay") started_late(statement);
        } else if (keyword == "fork_delay") {
            started_late(statement);
        } else if (keyword == "quorum") {
            quorum(statement);
        } else if (keyword == "quorum_max") {
            reading_.lose(check_.table, statement, "a check cannot say that too many processes run",
                          "write a check of type \"exec\" that counts them");
        } else if (keyword == "param_match") {
            reading_.leave_out(check_.table, statement,
                               "the arguments must all be there, in this order, among others");
        } else if (keyword != "full_command") {
            reading_.other(check_.table, statement, Block::process, process_keywords);
        }
    }

    void started_late(const Statement& statement) {
        reading_.leave_out(
            check_.table, statement,
            "a process that is back counts at once; recover_delay of the instance holds it back");
    }

    void process(const Statement& statement) {
        if (statement.words.size() < 2) {
            (void)reading_.value(statement);
            return;
        }
        std::vector<std::string> words;
        for (std::size_t i = 1; i < statement.words.size(); ++i)
            words.push_back(statement.words[i].text);
        const auto inner = split_command(words.front());
        if (inner && inner->size() > 1) {
            reading_.remark(
                check_.table, statement.spot_of(1), "process",
                "keepalived takes all that is in the quotes for the path, and never finds it; here its "
                "first word is the program",
                "advice", "write process PROGRAM ARGUMENTS without quotes");
            words.erase(words.begin());
            words.insert(words.begin(), inner->begin(), inner->end());
        }
        const std::string& path = words.front();
        check_.table.set("name", toml_text(path.substr(path.rfind('/') + 1)), statement.spot);
        std::string arguments;
        for (std::size_t i = 1; i < words.size(); ++i)
            arguments += (i == 1 ? "" : ", ") + toml_text(words[i]);
        if (!arguments.empty()) check_.table.set("arguments", "[" + arguments + "]", statement.spot);
        check_.can_run = true;
    }

    void quorum(const Statement& statement) {
        const auto number = reading_.value(statement);
        if (!number || number->value == "1") return;
        reading_.lose(check_.table, statement, "the check process is UP while one process lives",
                      "write a check of type \"exec\" that counts them");
    }

    const Reading& reading_;
    Check& check_;
};

template <class Reader>
void read_check(const Statement& block, const Reading& reading, Model& model) {
    const auto name = reading.block_name(block);
    if (!name) return;
    if (model.check(*name) != nullptr) {
        return reading.findings().error(block.spot, "duplicate", std::string(block.keyword()),
                                        fmt::format("the check {} is there already", in_quotes(*name)),
                                        "give each vrrp_script and vrrp_track_process a name of its own");
    }
    Check check;
    check.table.name = *name;
    check.table.spot = block.spot;
    Reader(reading, check).all(block);
    model.checks.push_back(std::move(check));
}

}  // namespace

void read_script(const Statement& block, const Reading& reading, Model& model) {
    read_check<ScriptReader>(block, reading, model);
}

void read_process(const Statement& block, const Reading& reading, Model& model) {
    read_check<ProcessReader>(block, reading, model);
}

}  // namespace regent::config::keepalived
