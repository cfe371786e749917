// What a program tells of its command line.
#include "base/settings/command_description.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

namespace honeyswitch {
namespace {

using Json = nlohmann::ordered_json;

/// The app, as an operator's command line would have it, and what it tells of itself.
class CommandDescription : public testing::Test {
  protected:
    CommandDescription() {
        add_description(app);
        app.require_subcommand(1);
        app.add_flag("-q,--quick", quick, "At once");
        app.add_option("--old", word, "Not shown")->group("");
        app.add_option("--pace", word, "How fast")
            ->type_name("slow|fast")
            ->group("[pace]")
            ->default_str("slow");
        app.add_option("--status", word, "Ask")->expected(0, 1)->type_name("PATH");
        auto* const list = app.add_subcommand("list", "One list");
        list->fallthrough();
        list->add_option("name", word, "Of the list")->type_name("NAME")->required();
    }

    Json described() {
        try {
            app.parse("--describe");
        } catch (const CLI::CallForVersion& told) {
            return Json::parse(told.what());
        }
        return {};
    }

    Json option(const std::string& name) {
        const auto told = described();
        for (const auto& found : told["options"])
            if (found["names"].back() == name) return found;
        return {};
    }

    CLI::App app{"Does it. In a way.", "doer"};
    bool quick = false;
    std::string word;
};

TEST_F(CommandDescription, NeedsNoCommandAndHasWhatTheHelpHas) {
    const auto told = described();
    EXPECT_EQ(told["name"], "doer");
    EXPECT_EQ(told["help"], "Does it. In a way.");
    std::vector<Json> names;
    for (const auto& found : told["options"]) names.push_back(found["names"]);
    EXPECT_EQ(names, (std::vector<Json>{{"-h", "--help"}, {"-q", "--quick"}, {"--pace"}, {"--status"}}));
}

TEST_F(CommandDescription, AnOptionTellsItsValue) {
    const Json pace{{"names", {"--pace"}}, {"value", "slow|fast"}, {"value_needed", true},
                    {"initial", "slow"},   {"group", "[pace]"},    {"help", "How fast"}};
    EXPECT_EQ(option("--pace"), pace);
    EXPECT_EQ(option("--quick")["value"], "");
    EXPECT_EQ(option("--status")["value_needed"], false);
}

TEST_F(CommandDescription, CommandsAreDescribedLikeTheProgram) {
    const auto list = described()["commands"].at(0);
    EXPECT_EQ(list["name"], "list");
    EXPECT_EQ(list["inherits"], true);
    EXPECT_EQ(list["options"].size(), 1U) << "its --help alone";
    EXPECT_EQ(list["arguments"].at(0)["value"], "NAME");
}

}  // namespace
}  // namespace honeyswitch
