#include "base/settings/command_description.hpp"

#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace honeyswitch {
namespace {

// The order of the program's own declarations is the order in which a reader wants them.
using Json = nlohmann::ordered_json;

Json describe(const CLI::Option& option) {
    auto names = Json::array();
    for (const auto& name : option.get_snames()) names.push_back("-" + name);
    for (const auto& name : option.get_lnames()) names.push_back("--" + name);
    const bool takes_value = option.get_items_expected_max() > 0;
    return {{"names", std::move(names)},
            {"value", takes_value ? option.get_type_name() : ""},
            {"value_needed", option.get_items_expected_min() > 0},
            {"initial", option.get_default_str()},
            {"group", option.get_group()},
            {"help", option.get_description()}};
}

Json describe(const CLI::App& app) {
    Json described{
        {"name", app.get_name()},   {"help", app.get_description()}, {"inherits", app.get_fallthrough()},
        {"options", Json::array()}, {"arguments", Json::array()},    {"commands", Json::array()}};
    for (const auto* const option : app.get_options()) {
        if (option->get_group().empty()) continue;  // the help leaves it out too
        described[option->get_positional() ? "arguments" : "options"].push_back(describe(*option));
    }
    // Without a filter they come in the order of their declaration.
    for (const auto* const command : app.get_subcommands({}))
        described["commands"].push_back(describe(*command));
    return described;
}

}  // namespace

void add_description(CLI::App& app) {
    // The parser has no ending of its own for this; that of --version prints a text and succeeds, too.
    app.add_flag_callback("--describe", [&app] { throw CLI::CallForVersion(describe(app).dump(), 0); })
        ->group("");
}

}  // namespace honeyswitch
