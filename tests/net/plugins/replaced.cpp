// SPDX-License-Identifier: Apache-2.0
// A plugin in two versions, the second of which (-DNEW) has a parameter more, before the old one: values that
// are meant for one of them are of no use to the other. tests/net/test_plugin_host.py puts one in the place
// of the other.
#include <regent/plugin.hpp>
#include <string>

namespace {

namespace sdk = regent::sdk;

class Replaced {
  public:
    static constexpr std::string_view name = "replaced";
    static constexpr std::string_view summary = "says a word";
    static constexpr sdk::Param word = sdk::Param::text("word", "the word").required();
#ifdef NEW
    static constexpr std::array params{sdk::Param::text("before", "what comes before it").or_else("\"new\""),
                                       word};
#else
    static constexpr std::array params{word};
#endif

    Replaced(sdk::Context context, const sdk::Values& values)
        : context_(context),
          said_((params.size() > 1 ? values.text("before") : "old") + " " + values.text("word")) {}

    void probe(sdk::ProbeId probe, sdk::Instant) {
        context_.report(probe, sdk::up(said_));
    }

  private:
    const sdk::Context context_;
    const std::string said_;
};

}  // namespace

REGENT_PLUGIN("org.regent.test.replaced", "1.0.0", "says a word", "", "Apache-2.0", sdk::check<Replaced>)
