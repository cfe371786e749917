#include "control/config/options.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/nearest_name.hpp"
#include "control/config/config_file.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

using Read = std::expected<void, ConfigError>;

constexpr int bad_options = 2;

/// The options that are no settings of the file.
struct Extra {
    std::string config_path;
    std::string honeypot_mac;
    bool check = false;
};

ExitRequest refusal(const ConfigError& error) {
    std::string text;
    for (const std::string& sentence : error.sentences()) text += fmt::format("honeyswitch: {}\n", sentence);
    return {bad_options, text};
}

ExitRequest misuse(std::string_view reason) {
    return {bad_options, fmt::format("honeyswitch: {}\nTry honeyswitch --help.\n", reason)};
}

/// What the command line has left over: the first option of it, as a word after one is its argument.
ExitRequest unknown_argument(const CLI::App& app) {
    const auto rest = app.remaining();
    const auto found = std::ranges::find_if(rest, [](const auto& word) { return word.starts_with('-'); });
    if (found == rest.end()) return misuse(fmt::format("unexpected argument '{}'", rest.front()));
    std::vector<std::string> names;
    for (const auto* const option : app.get_options()) names.push_back("--" + option->get_single_name());
    return misuse(
        fmt::format("unknown option '{}'{}", *found,
                    suggest_name(*found, std::vector<std::string_view>(names.begin(), names.end()))));
}

std::string described(const Setting& setting) {
    const auto initial = setting.show(Config{});
    return initial.empty() || setting.kind == Setting::Kind::boolean
               ? setting.help
               : fmt::format("{} [{}]", setting.help, initial);
}

CLI::Option* add_setting(CLI::App& app, const Setting& setting) {
    if (setting.kind == Setting::Kind::boolean)
        return app.add_flag_callback(setting.option(), [] {}, described(setting));
    const CLI::callback_t keep = [](const CLI::results_t&) { return true; };  // read later, over the file
    auto* const option = app.add_option(setting.option(), keep, described(setting));
    option->type_name(std::string(setting.value));
    if (setting.kind == Setting::Kind::list) {
        // One argument each time, so that what follows is never swallowed.
        option->expected(1)->allow_extra_args(false)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    }
    return option;
}

/// The app and what each of its options is.
struct Parser {
    CLI::App app{
        "Diverts packets for the unused addresses of a campus to a honeypot, at line rate.\n"
        "PORT is a PCI address (0000:03:00.0), dev:NAME for a kernel interface, or vdev:ARGS for a DPDK\n"
        "virtual device. DURATION is a number with its unit: 500ms, 60s, 10m, 1h, 7d. Each option of a\n"
        "group below is also a key of that table of the configuration file, and overrides it.",
        "honeyswitch"};
    Extra extra;
    std::vector<std::pair<const Setting*, CLI::Option*>> options;

    Parser() {
        app.set_help_flag("-h,--help", "Print this help and exit");
        app.set_version_flag("--version", "honeyswitch " HONEYSWITCH_VERSION, "Print the version and exit");
        app.add_option("-c,--config", extra.config_path, "The configuration file")->type_name("FILE");
        app.add_flag("--check", extra.check,
                     "Say what is wrong with options and configuration, and what this machine lacks for a "
                     "start; exit with "
                     "2, 1, or 0 if there is nothing");
        app.add_option("--honeypot-mac", extra.honeypot_mac,
                       "MAC address of the only honeypot; in the file it is the mac of its [[honeypot]]")
            ->type_name("MAC");
        for (const auto& setting : settings()) {
            auto* const option = add_setting(app, setting);
            option->group("[" + std::string(setting.table) + "]");
            options.emplace_back(&setting, option);
        }
    }
};

Read apply_setting(ConfigDraft& draft, const Setting& setting, const CLI::Option& option) {
    if (option.count() == 0) return {};
    const auto name = setting.option();
    if (setting.kind == Setting::Kind::list) {
        setting.clear(draft.config);
        std::erase_if(draft.places, [&](const auto& place) {
            return place.first.starts_with(fmt::format("{}[", setting.key));
        });
    }
    const auto& results = option.results();
    ConfigErrors errors;
    for (std::size_t i = 0; i < results.size(); ++i) {
        if (auto set = setting.set(draft.config, results[i]); !set) {
            errors.add({name, set.error()});
            continue;
        }
        const auto value = setting.kind == Setting::Kind::list ? fmt::format("{}[{}]", setting.key, i)
                                                               : std::string(setting.key);
        draft.places.insert_or_assign(value, name);
    }
    return errors.result();
}

Read apply_honeypot_mac(ConfigDraft& draft, const std::string& text) {
    const auto mac = parse_mac(text);
    if (!mac) return std::unexpected(ConfigError{"--honeypot-mac", mac.error()});
    auto& honeypots = draft.config.honeypots;
    if (honeypots.size() > 1)
        return std::unexpected(
            ConfigError{"--honeypot-mac",
                        fmt::format("there are {} honeypots; write mac in the [[honeypot]] that has '{}'",
                                    honeypots.size(), text)});
    if (honeypots.empty()) honeypots.emplace_back().name = "honeypot";
    honeypots.front().mac = *mac;
    draft.places.insert_or_assign("[[honeypot]][0].mac", "--honeypot-mac");
    return {};
}

std::expected<ConfigDraft, ConfigError> assemble(const Parser& parser) {
    ConfigDraft draft;
    ConfigErrors errors;
    if (parser.app.count("--config") != 0) {
        auto read = read_config_file(parser.extra.config_path);
        errors.add(read);
        if (read) draft = std::move(*read);
    }
    for (const auto& [setting, option] : parser.options) errors.add(apply_setting(draft, *setting, *option));
    if (parser.app.count("--honeypot-mac") != 0)
        errors.add(apply_honeypot_mac(draft, parser.extra.honeypot_mac));
    if (auto assembled = errors.result(); !assembled) return std::unexpected(assembled.error());
    return draft;
}

}  // namespace

std::expected<Launch, ExitRequest> parse_options(int argc, const char* const* argv) {
    Parser parser;
    try {
        parser.app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(ExitRequest{0, parser.app.help()});
    } catch (const CLI::CallForVersion& version) {
        return std::unexpected(ExitRequest{0, fmt::format("{}\n", version.what())});
    } catch (const CLI::ExtrasError&) {
        return std::unexpected(unknown_argument(parser.app));
    } catch (const CLI::ParseError& error) {
        return std::unexpected(misuse(error.what()));
    }
    auto draft = assemble(parser);
    if (!draft) return std::unexpected(refusal(draft.error()));
    auto checked = finish_config(std::move(*draft));
    if (!checked) return std::unexpected(refusal(checked.error()));
    return Launch{std::move(checked->config), parser.extra.check, std::move(checked->warnings)};
}

}  // namespace honeyswitch::control
