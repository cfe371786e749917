#include "control/config/options.hpp"

#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/settings/command_description.hpp"
#include "base/settings/setting_options.hpp"
#include "control/config/config_file.hpp"
#include "control/config/setting.hpp"

namespace honeyswitch::control {
namespace {

using Read = std::expected<void, Complaint>;

/// The options that are no settings of the file.
struct Extra {
    std::string config_path;
    std::string honeypot_mac;
    bool check = false;
};

/// The app and what each of its options is.
struct Parser {
    CLI::App app{
        "Diverts packets for the unused addresses of a campus to a honeypot, at line rate.\n"
        "PORT is a PCI address (0000:03:00.0), dev:NAME for a kernel interface, or vdev:ARGS for a DPDK\n"
        "virtual device. DURATION is a number with its unit: 500ms, 60s, 10m, 1h, 7d. Each option of a\n"
        "group below is also a key of that table of the configuration file, and overrides it.",
        "honeyswitch"};
    Extra extra;
    std::unique_ptr<SettingOptions> options;

    Parser() {
        app.set_help_flag("-h,--help", "Print this help and exit");
        app.set_version_flag("--version", "honeyswitch " HONEYSWITCH_VERSION, "Print the version and exit");
        add_description(app);
        app.add_option("-c,--config", extra.config_path, "The configuration file")->type_name("FILE");
        app.add_flag("--check", extra.check,
                     "Say what is wrong with options and configuration, and what this machine lacks for a "
                     "start; exit with "
                     "2, 1, or 0 if there is nothing");
        app.add_option("--honeypot-mac", extra.honeypot_mac,
                       "MAC address of the only honeypot; in the file it is the mac of its [[honeypot]]")
            ->type_name("MAC");
        Config defaults;
        options = std::make_unique<SettingOptions>(app, bind_settings(settings(), defaults));
    }
};

Read apply_honeypot_mac(ConfigDraft& draft, const std::string& text) {
    const auto mac = parse_mac(text);
    if (!mac) return std::unexpected(Complaint{"--honeypot-mac", mac.error()});
    auto& honeypots = draft.config.honeypots;
    if (honeypots.size() > 1)
        return std::unexpected(
            Complaint{"--honeypot-mac",
                      fmt::format("there are {} honeypots; write mac in the [[honeypot]] that has '{}'",
                                  honeypots.size(), text)});
    if (honeypots.empty()) honeypots.emplace_back().name = "honeypot";
    honeypots.front().mac = *mac;
    draft.places.insert_or_assign("[[honeypot]][0].mac", "--honeypot-mac");
    return {};
}

std::expected<ConfigDraft, Complaint> assemble(const Parser& parser) {
    ConfigDraft draft;
    Complaints errors;
    if (parser.app.count("--config") != 0) {
        auto read = read_config_file(parser.extra.config_path);
        errors.add(read);
        if (read) draft = std::move(*read);
    }
    parser.options->apply(bind_settings(settings(), draft.config), draft, errors);
    if (parser.app.count("--honeypot-mac") != 0)
        errors.add(apply_honeypot_mac(draft, parser.extra.honeypot_mac));
    if (auto assembled = errors.result(); !assembled) return std::unexpected(assembled.error());
    return draft;
}

}  // namespace

std::expected<Launch, Declined> parse_options(int argc, const char* const* argv) {
    Parser parser;
    try {
        parser.app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(Declined{.shown = parser.app.help()});
    } catch (const CLI::CallForVersion& version) {
        return std::unexpected(Declined{.shown = fmt::format("{}\n", version.what())});
    } catch (const CLI::ExtrasError&) {
        return std::unexpected(Declined::misused(unknown_argument(parser.app)));
    } catch (const CLI::ParseError& error) {
        return std::unexpected(Declined::misused({"", error.what()}));
    }
    auto draft = assemble(parser);
    if (!draft) return std::unexpected(Declined{.shown = {}, .complaint = draft.error()});
    auto checked = finish_config(std::move(*draft));
    if (!checked) return std::unexpected(Declined{.shown = {}, .complaint = checked.error()});
    return Launch{std::move(checked->config), parser.extra.check, std::move(checked->warnings)};
}

}  // namespace honeyswitch::control
