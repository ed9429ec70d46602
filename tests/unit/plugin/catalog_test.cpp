// SPDX-License-Identifier: Apache-2.0
// The catalogue with a host that is a shell script: what it prints depends on the "plugin", a file that holds
// shell commands.
#include "agent/plugin/catalog.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fstream>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "agent/platform/clock.hpp"
#include "agent/platform/descriptor.hpp"
#include "agent/plugin/description.hpp"

#include "tests/unit/temporary_directory.hpp"

namespace regent::plugin {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class Tree {
  public:
    Tree() {
        fs::create_directories(plugins());
        write(host(), "#!/bin/sh\nread_input() { cat; }\n. \"$2\"\n\"$(echo $1 | tr -d -)\"\n");
        fs::permissions(host(), fs::perms::owner_all);
    }

    fs::path plugins() const { return directory_.path() / "plugins"; }
    fs::path host() const { return directory_.path() / "host"; }
    /// Counts the descriptions that were asked for.
    fs::path tally() const { return directory_.path() / "tally"; }

    void plugin(const std::string& name, const std::string& describe,
                const std::string& validate = "echo '[]'") const {
        write(plugins() / (name + ".so"), fmt::format("describe() {{ echo {0} >>{1}; {2}; }}\n"
                                                      "validate() {{ {3}; }}\n",
                                                      name, tally().string(), describe, validate));
    }
    /// One that offers check NAME with a parameter "word".
    void good(const std::string& name, const std::string& validate = "echo '[]'") const {
        config::Plugin described;
        described.id = "org.example." + name;
        described.types.push_back({config::PluginKind::check, name, "", false, false, false, {}});
        described.types.front().parameters.push_back(
            {config::ParameterType::text, "word", "", "", false, false, false, false, 0, 0, {}});
        plugin(name, fmt::format("echo '{}'", write_description(described)), validate);
    }

    std::size_t descriptions() const {
        std::ifstream file(tally());
        std::size_t lines = 0;
        for (std::string line; std::getline(file, line);)
            ++lines;
        return lines;
    }

    Catalog catalog(Duration limit = 10s) const { return Catalog(places(plugins(), host()), limit); }

  private:
    static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

    test::TemporaryDirectory directory_;
};

std::vector<std::string> ids(const config::Installed& installed) {
    std::vector<std::string> found;
    for (const config::Plugin& plugin : installed.plugins)
        found.push_back(plugin.id);
    return found;
}

using Ids = std::vector<std::string>;

TEST_CASE("plugins are described in the order of their names") {
    const Tree tree;
    tree.good("b");
    tree.good("a");
    std::ofstream(tree.plugins() / "README") << "no plugin";
    const auto installed = tree.catalog().scan();
    CHECK(ids(installed) == Ids{"org.example.a", "org.example.b"});
    CHECK(installed.problems.empty());
    CHECK(installed.plugins.front().file == tree.plugins() / "a.so");
}

TEST_CASE("a file whose name D-Bus would not take is no plugin") {
    const Tree tree;
    tree.good("a");
    fs::copy(tree.plugins() / "a.so", tree.plugins() / "b\xff.so");
    fs::copy(tree.plugins() / "a.so", tree.plugins() / "c\xef\xbf\xbf.so");
    const auto installed = tree.catalog().scan();
    CHECK(ids(installed) == Ids{"org.example.a"});
    REQUIRE(installed.problems.size() == 2);
    CHECK(installed.problems[0].file == tree.plugins() / "b\xff.so");
    CHECK(installed.problems[0].text == "its path is no line of printable UTF-8");
}

TEST_CASE("only what is new or changed is described again") {
    const Tree tree;
    tree.good("a");
    tree.good("b");
    Catalog catalog = tree.catalog();
    catalog.scan();
    CHECK(ids(catalog.scan()).size() == 2);
    CHECK(tree.descriptions() == 2);
    const std::string first = catalog.scan().plugins[1].build;
    CHECK(catalog.scan().plugins[1].build == first);
    tree.good("b", "echo '[null]'");
    tree.good("c");
    fs::remove(tree.plugins() / "a.so");
    CHECK(ids(catalog.scan()) == Ids{"org.example.b", "org.example.c"});
    CHECK(catalog.scan().plugins[0].build != first);
    CHECK(tree.descriptions() == 4);
}

TEST_CASE("a plugin that fails is named with what went wrong, and the others stay") {
    const Tree tree;
    tree.good("good");
    tree.plugin("exits", "echo 'it is no plugin' >&2; echo more >&2; exit 3");
    tree.plugin("silent", "exit 4");
    tree.plugin("crashes", "kill -SEGV $$");
    tree.plugin("babbles", "while :; do echo 0123456789012345678901234567890123456789; done");
    tree.plugin("lies", "echo '{}'");
    tree.plugin("escapes", "printf '\\033[31mred' >&2; exit 1");
    const auto installed = tree.catalog().scan();
    CHECK(ids(installed) == Ids{"org.example.good"});
    std::map<std::string, std::string> said;
    for (const auto& problem : installed.problems)
        said[problem.file.stem()] = problem.text;
    CHECK(said.size() == 6);
    CHECK(said["exits"] == "it is no plugin (host exited with status 3)");
    CHECK(said["silent"] == "host exited with status 4");
    CHECK(said["crashes"] == "host was killed by signal 11");
    CHECK(said["babbles"] == "host printed more than 1048576 bytes");
    CHECK(said["lies"] == "the description: id is missing");
    CHECK(said["escapes"] == "\xef\xbf\xbd[31mred (host exited with status 1)");
}

TEST_CASE("a plugin that hangs costs its time and nothing else, and nothing of it is left") {
    const Tree tree;
    for (const char* name : {"a", "b", "c", "d", "e", "f"})
        // Not into the pipe alone: tail ends by itself when nobody reads what it writes.
        tree.plugin(name,
                    "9>&1 tail -f /dev/null >/dev/null & echo $! >>" + tree.tally().string() + ".pids; wait");
    const Instant before = platform::now();
    auto catalog = tree.catalog(300ms);
    const auto installed = catalog.scan();
    CHECK(catalog.late());
    const Duration took = platform::now() - before;
    CHECK(installed.problems.size() == 6);
    CHECK(installed.problems.front().text == "host did not end within 300ms");
    CHECK(took >= 300ms);
    CHECK(took < 6 * 300ms);
    std::ifstream pids(tree.tally().string() + ".pids");
    for (long pid = 0; pids >> pid;) {
        // Killed with its session, and dead as soon as it has run once more.
        const platform::Descriptor process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
        pollfd ended{process.get(), POLLIN, 0};
        CHECK((!process || ::poll(&ended, 1, 5000) == 1));
    }
}

TEST_CASE("a program that leaves a child with its output behind does not hold us up") {
    const Tree tree;
    tree.plugin("leaves", "tail -f /dev/null & exit 5");
    const Instant before = platform::now();
    auto catalog = tree.catalog(30s);
    CHECK(catalog.scan().problems.at(0).text == "host exited with status 5");
    CHECK_FALSE(catalog.late());
    CHECK(platform::now() - before < 20s);
}

TEST_CASE("directories and hosts that are not there") {
    const Tree tree;
    tree.good("a");
    Catalog nowhere(places(tree.plugins() / "none", tree.host()));
    CHECK(nowhere.scan().problems.at(0).text == "No such file or directory");
    Catalog no_host(places(tree.plugins(), tree.plugins() / "none"));
    CHECK(no_host.scan().problems.at(0).text ==
          fmt::format("cannot start {}: No such file or directory", (tree.plugins() / "none").string()));
    Catalog installed(Places{{tree.plugins() / "none"}, tree.host(), false});
    CHECK(installed.scan().problems.empty());
}

TEST_CASE("the host of a build tree stands beside the directory of plugins") {
    const Tree tree;
    const fs::path host = tree.plugins().parent_path() / "bin" / "regent-plugin-host";
    CHECK(places(tree.plugins(), {}).host != host);
    fs::create_directories(host.parent_path());
    std::ofstream(host) << "";
    CHECK(places(tree.plugins(), {}).host == host);
    CHECK(places(tree.plugins(), "/x").host == "/x");
    CHECK(places({}, {}).directories.size() == 2);
}

/// What is said about values of check "a", whose plugin answers with `validate`, within `limit`. It has all
/// the time to describe itself.
config::Verdicts verdicts(const Tree& tree, const std::string& validate, std::size_t count = 2,
                          Duration limit = 10s) {
    tree.good("a", validate);
    const auto installed = tree.catalog().scan();
    const config::Plugin& plugin = installed.plugins.at(0);
    config::Value value;
    value.set = true;
    value.text = "it's";
    const std::vector<config::Value> values{value};
    const std::vector<config::Candidate> candidates(count, {&plugin, &plugin.types.at(0), &values});
    return tree.catalog(limit).validate(candidates);
}

TEST_CASE("a plugin is asked once about all of its values") {
    const Tree tree;
    const auto asked = (tree.plugins().parent_path() / "asked").string();
    const auto said =
        verdicts(tree, "cat >" + asked + "; echo '[null,{\"parameter\":0,\"text\":\"no\\u001b\"}]'");
    REQUIRE(said.problems.empty());
    REQUIRE(said.objections.size() == 2);
    CHECK_FALSE(said.objections.at(0));
    REQUIRE(said.objections.at(1));
    CHECK(said.objections.at(1)->parameter == 0U);
    CHECK(said.objections.at(1)->text == "no\xef\xbf\xbd");
    std::ifstream file(asked);
    std::string text;
    std::getline(file, text);
    const std::string one = R"({"kind":"check","type":"a","values":[{"text":"it's"}]})";
    CHECK(text == "[" + one + "," + one + "]");
}

TEST_CASE("a judgement that is none objects to nothing and is told") {
    const Tree tree;
    for (const char* answer : {"[]", "[null]", "{}", "[1,2]", "[{},{}]", "[{\"text\":1},null]",
                               "[{\"text\":\"a\",\"parameter\":-1},null]", "[null,null", ""}) {
        const auto said = verdicts(tree, fmt::format("echo '{}'", answer));
        INFO(answer);
        REQUIRE(said.problems.size() == 1);
        CHECK(said.problems.front().text == "its judgement is not of the form that was agreed");
        CHECK(said.objections.size() == 2);
        for (const auto& objection : said.objections)
            CHECK_FALSE(objection);
    }
    CHECK(verdicts(tree, "exit 1").problems.at(0).text == "host exited with status 1");
    CHECK(verdicts(tree, "while :; do :; done", 2, 1s).problems.at(0).text == "host did not end within 1s");
}

TEST_CASE("many values are more than a pipe holds") {
    const Tree tree;
    const auto said = verdicts(tree, "exit 0", 20000);  // never reads them
    CHECK(said.problems.size() == 1);
}

}  // namespace
}  // namespace regent::plugin
