// SPDX-License-Identifier: Apache-2.0
// A plugin as it should not be: answers, until a file appears; from then on every probe blocks for ever. In a
// host of its own that costs its own checks and nothing else, which tests/net/test_plugin_host.py holds to.
#include <regent/plugin.hpp>
#include <string>
#include <unistd.h>

namespace {

namespace sdk = regent::sdk;

class Blocking {
  public:
    static constexpr std::string_view name = "blocking";
    static constexpr std::string_view summary = "blocks for ever while a file is there";
    static constexpr std::array params{sdk::Param::path("trigger", "the file").required()};

    Blocking(sdk::Context context, const sdk::Values& values)
        : context_(context), trigger_(values.text("trigger")) {}

    void probe(sdk::ProbeId probe, sdk::Instant) {
        while (::access(trigger_.c_str(), F_OK) == 0)
            ::pause();
        context_.report(probe, sdk::up("no trigger"));
    }

  private:
    const sdk::Context context_;
    const std::string trigger_;
};

}  // namespace

REGENT_PLUGIN("org.regent.test.blocking", "1.0.0", "blocks for ever", "", "Apache-2.0", sdk::check<Blocking>)
