// SPDX-License-Identifier: Apache-2.0
using System.Text;
using Wfpatch.Lab.Loads;
using Xunit;

namespace Wfpatch.Lab.Tests.Loads;

/// <summary>Statements to MariaDB and what is made of their answers.</summary>
public sealed class MariaDbClientTests
{
    private static readonly byte[] Greeting = Packet(0, [10, .. "10.11"u8, 0]);
    private static readonly byte[] Welcome = Packet(2, [0, 0, 0, 2, 0, 0, 0]);

    [Fact]
    public void The_row_must_be_the_one_that_was_asked_for()
    {
        using ScriptedServer server = new([Welcome, Row("row 0"), Row("row 2"), Row((string?)null), Failure()], Greeting);
        using MariaDbClient client = new(server.Port, "select 1", "old", "new");
        Assert.Equal([Reply.Plain, Reply.Wrong, Reply.Wrong, Reply.Wrong], Enumerable.Range(0, 4).Select(number => client.Exchange(number)));
    }

    [Fact]
    public void One_statement_shows_the_version()
    {
        using ScriptedServer server = new([Welcome, Row("old"), Row("new"), Row("neither"), Row("old", "old")], Greeting);
        using MariaDbClient client = new(server.Port, "select 1", "old", "new");
        Assert.Equal([Reply.Old, Reply.New, Reply.Wrong, Reply.Wrong], Enumerable.Range(0, 4).Select(number => client.Exchange((8 * number) + 7)));
    }

    [Fact]
    public void A_question_gives_its_value()
    {
        using ScriptedServer server = new([Welcome, Row("{\"a\":1}"), Row((string?)null), Failure()], Greeting);
        using MariaDbClient client = new(server.Port, "select 1", "old", "new");
        Assert.Equal(["{\"a\":1}", "NULL"], [client.Ask("select 1"), client.Ask("select 2")]);
        Assert.Throws<InvalidDataException>(() => client.Ask("select 3"));
    }

    [Fact]
    public void Who_is_not_let_in_hears_it()
    {
        using ScriptedServer server = new([Failure()], Greeting);
        Assert.Throws<InvalidDataException>(() => new MariaDbClient(server.Port, "select 1", "old", "new"));
    }

    /// <summary>A server that lets one client in and gives it these rows; null: an error in place of one.</summary>
    internal static ScriptedServer ServerOf(params string?[] rows) => new([Welcome, .. rows.Select(row => row is null ? Failure() : Row(row))], Greeting);

    private static byte[] Row(params string?[] values)
    {
        byte[] eof = [0xfe, 0, 0, 2, 0];
        byte[][] rows = [.. values.Select(value => value is null ? new byte[] { 0xfb } : [(byte)value.Length, .. Encoding.UTF8.GetBytes(value)])];
        return [.. Packet(1, [1]), .. Packet(2, [3, .. "def"u8, 0, 0, 0, 0, 0]), .. Packet(3, eof), .. rows.SelectMany((row, at) => Packet((byte)(4 + at), row)), .. Packet((byte)(4 + rows.Length), eof)];
    }

    private static byte[] Failure() => Packet(1, [0xff, 0x28, 0x04, .. "#42000no"u8]);

    private static byte[] Packet(byte sequence, byte[] body) => [(byte)body.Length, 0, 0, sequence, .. body];
}
