#include "tools/honeyrecord/command_line.hpp"

#include <string>
#include <utility>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/settings/command_description.hpp"
#include "base/settings/setting_options.hpp"

namespace honeyswitch::record {
namespace {

std::expected<Launch, Complaint> assemble(const std::string& file, bool check,
                                          const SettingOptions& options) {
    RecordDraft draft;
    Complaints complaints;
    if (!file.empty()) {
        auto read = read_config(file);
        complaints.add(read);
        if (read) draft = std::move(*read);
    }
    options.apply(bind_settings(record_settings(), draft.config), draft, complaints);
    if (complaints.empty()) complaints.add(check_config(draft));
    if (auto assembled = complaints.result(); !assembled) return std::unexpected(assembled.error());
    return Launch{check, std::move(draft.config), std::move(draft.warnings)};
}

}  // namespace

std::expected<Launch, Declined> parse_command_line(int argc, const char* const* argv) {
    CLI::App app{
        "Records what a running honeyswitch tells of sessions: JSON Lines, and a store that honeyctl asks.\n"
        "DURATION is a number with its unit: 60s, 10m, 1h, 7d. Each option of a group below is also a key\n"
        "of that table of the configuration file, and overrides it.",
        "honeyrecord"};
    std::string file;
    bool check = false;
    app.set_help_flag("-h,--help", "Print this help and exit");
    app.set_version_flag("--version", "honeyrecord " HONEYSWITCH_VERSION, "Print the version and exit");
    add_description(app);
    app.add_option("-c,--config", file, "The configuration file")->type_name("FILE");
    app.add_flag("--check", check, "Validate options and file, and exit");
    RecordConfig defaults;
    const SettingOptions options(app, bind_settings(record_settings(), defaults));
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp&) {
        return std::unexpected(Declined{.shown = app.help()});
    } catch (const CLI::CallForVersion& version) {
        return std::unexpected(Declined{.shown = fmt::format("{}\n", version.what())});
    } catch (const CLI::ExtrasError&) {
        return std::unexpected(Declined::misused(unknown_argument(app)));
    } catch (const CLI::ParseError& error) {
        return std::unexpected(Declined::misused({"", error.what()}));
    }
    auto launch = assemble(file, check, options);
    if (!launch) return std::unexpected(Declined{.shown = {}, .complaint = launch.error()});
    return std::move(*launch);
}

}  // namespace honeyswitch::record
