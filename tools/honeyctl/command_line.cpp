#include "tools/honeyctl/command_line.hpp"

#include <sstream>
#include <vector>

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/duration.hpp"
#include "base/nearest_name.hpp"
#include "base/settings/command_description.hpp"
#include "control/config/config.hpp"
#include "tools/honeyrecord/store/schema.hpp"

namespace honeyswitch::honeyctl {
namespace {

/// As written.
struct Words {
    CommandLine line;
    std::string source, destination, prefix, lifetime, insurance, address, on, since, host;
};

void add_store_options(CLI::App& app, Words& words, unsigned takes) {
    auto& selection = words.line.selection;
    if ((takes & takes_store) != 0)
        app.add_option("--store", selection.store, "The store that honeyrecord writes")
            ->type_name("PATH")
            ->default_str(std::string(record::usual_store));
    if ((takes & (takes_recorded | takes_report)) != 0)
        app.add_option("--since", words.since, "Of the store: what began at most so long ago")
            ->type_name("DURATION");
    if ((takes & takes_recorded) != 0) {
        app.add_option("--port", selection.port, "Of the store: with this destination port")
            ->type_name("N")
            ->check(CLI::Range(1, 65'535).description(""));
        app.add_option("--stage", selection.stage, "Of the store: that came at least so far")
            ->type_name("first_packet|answered|handshake|payload")
            ->check(CLI::IsMember({"first_packet", "answered", "handshake", "payload"}).description(""));
        app.add_option("--sort", selection.sort, "Of the store: the largest first; time: the latest")
            ->type_name("time|bytes|packets|duration")
            ->check(CLI::IsMember({"time", "bytes", "packets", "duration"}).description(""));
    }
    if ((takes & takes_report) != 0)
        app.add_option("--by", selection.by, "What a row is of; without it, of a destination port")
            ->type_name("port|network|honeypot|day|hour")
            ->check(CLI::IsMember({"port", "network", "honeypot", "day", "hour"}).description(""));
}

void add_recorded_arguments(CLI::App& app, Words& words, unsigned takes) {
    auto& selection = words.line.selection;
    if ((takes & takes_flow) != 0)
        app.add_option("flow", selection.flow,
                       "Its flow_id or community_id, or its place in the table of sessions")
            ->type_name("FLOW")
            ->required();
    if ((takes & takes_address) != 0) {
        app.add_option("address", words.host, "An address of the campus, or a source")
            ->type_name("ADDRESS")
            ->required();
        app.add_flag("--history", selection.history, "All that is known of it, and not the latest alone");
    }
    if ((takes & takes_files) != 0)
        app.add_option("--verify", selection.files, "Files in the order in which they were written")
            ->type_name("FILE")
            ->required();
}

void add_event_options(CLI::App& app, Words& words) {
    auto& selection = words.line.selection;
    app.add_flag("--follow", selection.follow, "Those that happen from now on, until it is interrupted");
    app.add_option("--type", selection.types, "Only of this type; may be given several times")
        ->type_name("TYPE")
        ->delimiter(',');
    app.add_option("--honeypot", selection.honeypot, "Only of this honeypot and its sessions")
        ->type_name("NAME");
    app.add_option("--address", words.address, "Only with an address in this prefix")->type_name("PREFIX");
}

void add_options(CLI::App& app, Words& words, unsigned takes) {
    auto& selection = words.line.selection;
    if ((takes & takes_json) != 0) app.add_flag("--json", selection.json, "Print one JSON document");
    const bool last = (takes & takes_last) != 0;
    if (last || (takes & takes_limit) != 0)
        app.add_option(last ? "--last" : "--limit", selection.limit,
                       last ? "Only so many of the latest" : "At most so many rows")
            ->type_name("N")
            ->check(CLI::Validator(
                [](const std::string& text) {
                    const bool good = !text.empty() &&
                                      text.find_first_not_of("0123456789") == std::string::npos &&
                                      text.find_first_not_of('0') != std::string::npos;
                    return good ? std::string() : "must be a number from 1 on, not '" + text + "'";
                },
                ""));
    if ((takes & control::takes_destination) != 0)
        app.add_option("--destination", words.destination, "Only addresses of the campus in this prefix")
            ->type_name("PREFIX");
    if ((takes & control::takes_source) != 0)
        app.add_option("--source", words.source, "Only sessions from this prefix")->type_name("PREFIX");
    if ((takes & control::takes_replies) != 0)
        app.add_flag("--replies", selection.replies, "Also the way back of each session");
    if ((takes & takes_watch) != 0)
        app.add_option("--watch", words.line.watch_seconds, "Print again every so many seconds, with rates")
            ->type_name("SECONDS")
            ->check(CLI::Range(0.1, 86'400.0).description(""));
    if ((takes & control::takes_by) != 0)
        app.add_option("--by", selection.by,
                       "A row for each destination port (the default) or source network")
            ->type_name("port|network")
            ->check(CLI::IsMember({"port", "network"}).description(""));
    if ((takes & takes_events) != 0) add_event_options(app, words);
    add_store_options(app, words, takes);
}

void add_arguments(CLI::App& app, Words& words, unsigned takes) {
    if ((takes & control::takes_list) != 0)
        app.add_option("name", words.line.selection.list, "The list")->type_name("NAME")->required();
    if ((takes & takes_link) != 0)
        app.add_option("name", words.line.selection.link, "The link; without it all")->type_name("NAME");
    if ((takes & takes_prefix) != 0)
        app.add_option("prefix", words.prefix, "The source: an address or a prefix")
            ->type_name("PREFIX")
            ->required();
    if ((takes & takes_on) != 0)
        app.add_option("state", words.on, "Whether it begins or ends")
            ->type_name("on|off")
            ->check(CLI::IsMember({"on", "off"}).description(""))
            ->required();
    if ((takes & takes_lifetime) != 0)
        app.add_option("--for", words.lifetime,
                       "It lapses after this; otherwise it stays until removed, across restarts if the "
                       "switch keeps a state")
            ->type_name("DURATION");
}

void add_insurance(CLI::App& app, Words& words, unsigned takes) {
    if ((takes & takes_insurance) != 0)
        app.add_option("--confirm", words.insurance,
                       "What was before is in force again after this, 1s to 24h, unless honeyctl confirm "
                       "comes")
            ->type_name("DURATION");
}

void add_commands(CLI::App& app, Words& words, std::span<const Command> all) {
    app.require_subcommand(1);
    for (const auto& command : all) {
        auto* const sub = app.add_subcommand(std::string(command.name), std::string(command.help));
        sub->fallthrough();
        add_options(*sub, words, command.takes);
        add_arguments(*sub, words, command.takes);
        add_recorded_arguments(*sub, words, command.takes);
        add_insurance(*sub, words, command.takes);
        sub->callback([&words, &command] { words.line.command = &command; });
    }
}

std::expected<void, Complaint> read_prefix(const std::string& text, const std::string& option,
                                           Ipv4Prefix& prefix) {
    if (text.empty()) return {};
    const auto parsed = parse_address_or_prefix(text);
    if (!parsed) return std::unexpected(Complaint{option, parsed.error()});
    prefix = *parsed;
    return {};
}

std::expected<void, Complaint> read_lifetime(const std::string& text, std::optional<std::int64_t>& place) {
    if (text.empty()) return {};
    const auto parsed = parse_duration(text);
    if (!parsed) return std::unexpected(Complaint{"--for", parsed.error()});
    place = std::chrono::ceil<std::chrono::milliseconds>(*parsed).count();
    if (*place <= 0) return std::unexpected(Complaint{"--for", "must be longer than nothing"});
    return {};
}

std::expected<void, Complaint> read_insurance(const std::string& text, std::optional<std::int64_t>& place) {
    using namespace std::chrono_literals;
    if (text.empty()) return {};
    const auto parsed = parse_duration(text, 1s, 24h);
    if (!parsed) return std::unexpected(Complaint{"--confirm", parsed.error()});
    place = parsed->count();
    return {};
}

std::expected<void, Complaint> read_since(const std::string& text, Selection& selection) {
    using namespace std::chrono_literals;
    constexpr auto longest = 24h * 36'600;  // a hundred years
    if (text.empty()) {
        const bool needed = selection.port || !selection.stage.empty() || !selection.sort.empty();
        if (!needed) return {};
        return std::unexpected(Complaint{
            "--since", "is missing: port, stage and sort are of sessions that were, and the store has them"});
    }
    const auto parsed = parse_duration(text, 1ms, longest);
    if (!parsed) return std::unexpected(Complaint{"--since", parsed.error()});
    selection.since_ms = parsed->count();
    return {};
}

std::expected<void, Complaint> read_host(const std::string& text, Ipv4Prefix& place) {
    if (text.empty()) return {};
    const auto parsed = parse_address(text);
    if (!parsed) return std::unexpected(Complaint{"address", parsed.error()});
    place = Ipv4Prefix::of(*parsed, 32);
    return {};
}

std::expected<CommandLine, Declined> understand(Words words) {
    auto& selection = words.line.selection;
    for (const auto& read : {read_prefix(words.source, "--source", selection.source),
                             read_prefix(words.destination, "--destination", selection.destination),
                             read_prefix(words.address, "--address", selection.address),
                             read_prefix(words.prefix, "prefix", selection.prefix),
                             read_lifetime(words.lifetime, selection.lifetime_ms),
                             read_insurance(words.insurance, selection.lifetime_ms),
                             read_since(words.since, selection), read_host(words.host, selection.prefix)})
        if (!read) return std::unexpected(Declined{.shown = {}, .complaint = read.error()});
    selection.on = words.on == "on";
    if (selection.store.empty()) selection.store = record::usual_store;
    return std::move(words.line);
}

/// What is wrong with the command line: a word that is no command, or what the parser says.
Complaint misuse(const CLI::App& app, const std::string& reason) {
    const auto rest = app.remaining(true);
    if (rest.empty()) return {"", reason};
    const bool of_list = app.got_subcommand("list"), of_link = app.got_subcommand("link");
    std::vector<std::string_view> names;
    for (const auto& command : of_list ? list_commands() : of_link ? link_commands() : commands())
        names.push_back(command.name);
    if (!of_list && !of_link) names.insert(names.end(), {"list", "link"});
    return {"",
            fmt::format("unknown command or option '{}'{}", rest.front(), suggest_name(rest.front(), names))};
}

}  // namespace

std::expected<CommandLine, Declined> parse_command_line(int argc, const char* const* argv) {
    Words words;
    words.line.socket = control::Config{}.control_socket;
    CLI::App app{"Shows what a running honeyswitch does, and changes its lists, its links and its mode.",
                 "honeyctl"};
    app.set_version_flag("--version", "honeyctl " HONEYSWITCH_VERSION, "Print the version and exit");
    add_description(app);
    app.add_option("--socket", words.line.socket, "The switch's control socket")
        ->type_name("PATH")
        ->capture_default_str();
    add_commands(app, words, commands());
    auto* const list = app.add_subcommand("list", "One list of sources: show it, add to it, remove from it");
    list->fallthrough();
    add_commands(*list, words, list_commands());
    auto* const link =
        app.add_subcommand("link", "The link: let its ports up that link_state has taken down");
    link->fallthrough();
    add_commands(*link, words, link_commands());
    try {
        app.parse(argc, argv);
    } catch (const CLI::Success& asked_for) {  // help or version
        std::ostringstream output;
        app.exit(asked_for, output, output);
        return std::unexpected(Declined{.shown = output.str()});
    } catch (const CLI::ParseError& error) {
        return std::unexpected(Declined::misused(misuse(app, error.what())));
    }
    return understand(std::move(words));
}

}  // namespace honeyswitch::honeyctl
