// What is declared of tables, beside what documentation says of them.
#include <cctype>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/core.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "control/operator/operator_request.hpp"
#include "control/operator/row_json.hpp"
#include "tests/unit/fakes/fake_inspect.hpp"
#include "tests/unit/fakes/fake_operate.hpp"

namespace honeyswitch::control {
namespace {

using nlohmann::json;

void each_table(const auto& take) {
    std::apply([&](const auto&... table) { (take(table), ...); }, all_tables);
}

/// Calls `take` with the name of each column, and of each column of the rows in it.
template <typename Row>
void each_name(const std::function<void(std::string_view)>& take) {
    each_column(Row::columns(), [&](const auto& column) {
        take(column.name);
        using Value = std::remove_cvref_t<decltype(column(std::declval<const Row&>()))>;
        if constexpr (kind_of_value<Value>() == ValueKind::rows) each_name<typename Value::value_type>(take);
    });
}

/// The cells of a row of docs/operator-protocol.md: the command, what it takes, what a row has.
std::vector<std::string> described(const std::string& page, std::string_view table) {
    const auto row = page.find(fmt::format("| `{}` |", table));
    if (row == std::string::npos) return {};
    std::vector<std::string> cells;
    for (auto begin = row + 1; begin < page.find('\n', row);) {
        const auto end = page.find('|', begin);
        cells.push_back(page.substr(begin, end - begin));
        begin = end + 1;
    }
    return cells;
}

bool has_word(const std::string& text, std::string_view word) {
    const auto is_of_word = [](char letter) { return std::isalnum(letter) != 0 || letter == '_'; };
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        if ((at == 0 || !is_of_word(text[at - 1])) &&
            (at + word.size() == text.size() || !is_of_word(text[at + word.size()])))
            return true;
    return false;
}

TEST(OperatorTables, AreThoseOfTheDocumentation) {
    std::ifstream file(SOURCE_ROOT "/docs/operator-protocol.md");
    const std::string page((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    each_table([&]<typename Table>(const Table& table) {
        const auto cells = described(page, table.name);
        ASSERT_EQ(cells.size(), 3U) << table.name;
        for (const auto& [takes, name] : request_members)
            EXPECT_EQ(has_word(cells[1], name), (table.takes & takes) != 0) << table.name << ": " << name;
        each_name<typename Table::Row>([&](std::string_view name) {
            EXPECT_TRUE(has_word(cells[2], name)) << table.name << ": " << name;
        });
    });
}

TEST(OperatorTables, HaveTheColumnsThatAreDeclaredAndNoOther) {
    FakeInspect inspect;
    inspect.active_rows.resize(1);
    inspect.domain_rows.resize(1);
    inspect.agent_rows.resize(1);
    inspect.honeypot_rows.resize(1);
    inspect.pool_rows.resize(1);
    inspect.rule_rows.resize(1);
    inspect.list_rows.resize(1);
    inspect.log_rows.resize(1);
    inspect.entry_rows.resize(1);
    inspect.stats_row.ports.resize(1);
    inspect.history_rows.resize(1);
    inspect.difference_rows.resize(1);
    inspect.session_rows = {session_row(1, "198.51.100.7", "10.1.2.3")};
    each_table([&](const TableInfo& table) {
        FakeOperate operate;
        const json request{{"command", table.name}};
        const auto answered = json::parse(answer(request.dump(), inspect, operate, at(0)));
        if (table.name == "progress") return;  // its first page has no rows
        ASSERT_FALSE(answered["rows"].empty()) << table.name;
        const auto row = answered["rows"][0];
        for (const ColumnInfo& column : table.columns)
            EXPECT_TRUE(row.contains(column.name) || column.left_out) << table.name << ": " << column.name;
        for (const auto& [name, value] : row.items())
            EXPECT_NE(find_column(table.columns, name), nullptr) << table.name << ": " << name;
    });
}

}  // namespace
}  // namespace honeyswitch::control
