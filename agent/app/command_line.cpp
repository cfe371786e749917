#include "agent/app/command_line.hpp"

#include <array>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "agent/config/agent_settings.hpp"
#include "agent/config/config_file.hpp"
#include "agent/sockets/socket_address.hpp"
#include "base/settings/command_description.hpp"
#include "base/settings/setting_options.hpp"

namespace honeyswitch::agent {
namespace {

/// The options that are no settings of the file.
struct Extra {
    std::string config, keygen_path, status = default_status_socket;
    bool dry_run = false, check = false;
};

/// The app and what each of its options is.
struct Parser {
    CLI::App app{
        "Watches and sweeps the ARP of broadcast domains and tells honeyswitch which addresses are active.\n"
        "DURATION is a number with its unit: 500ms, 60s, 10m, 1h. Each option of a group below is also a "
        "key\n"
        "of that table of the configuration file, and overrides it in every domain. With --interface the "
        "only\n"
        "domain is the one of the command line.",
        "honeyswitch-agent"};
    Extra extra;
    CLI::Option* status = nullptr;
    CLI::App* keygen = nullptr;
    std::unique_ptr<SettingOptions> of_agent, of_domain;

    Parser() {
        app.set_help_flag("-h,--help", "Print this help and exit");
        app.set_version_flag("--version", "honeyswitch-agent " HONEYSWITCH_VERSION,
                             "Print the version and exit");
        add_description(app);
        app.add_option("-c,--config", extra.config, "The configuration file")->type_name("FILE");
        app.add_flag("--check", extra.check, "Validate options and file, and exit");
        app.add_flag("--dry-run", extra.dry_run, "Print what would be reported, and report to nobody");
        status =
            app.add_option("--status", extra.status, "Print what a running agent says of itself, as JSON")
                ->expected(0, 1)
                ->type_name("PATH");
        keygen = app.add_subcommand("keygen", "Write a new key to a file and exit");
        keygen->add_option("path", extra.keygen_path, "Of the key; it must not exist")
            ->type_name("PATH")
            ->required();
        AgentOptions agent;
        DomainSpec domain;
        of_agent = std::make_unique<SettingOptions>(app, bind_settings(agent_settings(), agent));
        of_domain = std::make_unique<SettingOptions>(app, bind_settings(domain_settings(), domain), "domain");
    }
};

/// One domain, instead of those of the file.
void replace_domains(OptionsDraft& draft) {
    draft.options.domains.assign(1, {});
    std::erase_if(draft.places, [](const auto& place) { return place.first.starts_with("[[domain]]"); });
}

void apply_domain_options(const Parser& parser, OptionsDraft& draft, Complaints& complaints) {
    static constexpr std::array<std::string_view, 1> interface{"interface"};
    static constexpr std::array<std::string_view, 5> of_one{"vlan", "prefix", "sender", "always", "gateway"};
    if (!parser.of_domain->given(interface).empty())
        replace_domains(draft);
    else if (const auto given = parser.of_domain->given(of_one); !given.empty())
        complaints.add({given.front(), "it describes the domain of an --interface, and there is none"});
    // What is wrong with an option is wrong in every domain, and told once.
    Provenance repeated;
    Complaints ignored;
    for (std::size_t i = 0; i < draft.options.domains.size(); ++i) {
        const auto settings = bind_settings(domain_settings(), draft.options.domains[i]);
        Provenance& provenance = i == 0 ? draft : repeated;
        parser.of_domain->apply(settings, provenance, i == 0 ? complaints : ignored, domain_value(i));
    }
    for (auto& [value, place] : repeated.places) draft.places.insert_or_assign(value, place);
}

void check_whole(const OptionsDraft& draft, Complaints& complaints) {
    const auto& options = draft.options;
    const auto missing = [&](std::string_view reason) {
        complaints.add({draft.source, std::string(reason)});
    };
    if (options.domains.empty())
        missing("there is nothing to watch: write a [[domain]], or give --interface");
    complaints.add(check_domains(draft));
    if (options.dry_run) return;
    if (options.name.empty()) missing("the agent has no name: write name = \"NAME\", or give --name");
    if (options.key_file.empty()) missing("there is no key: write key_file = \"PATH\", or give --key-file");
    if (options.controllers.empty())
        missing(
            "there is nobody to report to: write controller = \"HOST\", or give --controller (or --dry-run)");
    for (std::size_t i = 0; i < options.controllers.size(); ++i)
        if (const auto parsed = ControllerName::parse(options.controllers[i]); !parsed)
            complaints.add({draft.place_of(fmt::format("controller[{}]", i)), parsed.error()});
}

std::expected<OptionsDraft, Complaint> assemble(const Parser& parser) {
    OptionsDraft draft;
    Complaints complaints;
    if (!parser.extra.config.empty()) {
        auto read = read_config(parser.extra.config);
        complaints.add(read);
        if (read) draft = std::move(*read);
    }
    parser.of_agent->apply(bind_settings(agent_settings(), draft.options), draft, complaints);
    apply_domain_options(parser, draft, complaints);
    draft.options.dry_run = parser.extra.dry_run;
    if (complaints.empty()) check_whole(draft, complaints);
    if (auto assembled = complaints.result(); !assembled) return std::unexpected(assembled.error());
    for (auto& [prefix, gateways, options] : draft.options.domains)
        options.always.insert(options.always.end(), gateways.begin(), gateways.end());
    return draft;
}

}  // namespace

std::expected<Launch, Declined> parse_command_line(int argc, const char* const* argv) {
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
    const auto& extra = parser.extra;
    if (parser.keygen->parsed()) return Launch{Task::keygen, extra.keygen_path, {}};
    if (parser.status->count() > 0)
        return Launch{Task::status, extra.status.empty() ? default_status_socket : extra.status, {}};
    auto draft = assemble(parser);
    if (!draft) return std::unexpected(Declined{.shown = {}, .complaint = draft.error()});
    return Launch{
        extra.check ? Task::check : Task::run, {}, std::move(draft->options), std::move(draft->warnings)};
}

}  // namespace honeyswitch::agent
