// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Wfpatch.Lab.Loads;

/// <summary>As much of LDAP as searches need (RFC 4511, section 4.5), in its own encoding (BER with definite lengths, section 5.1).</summary>
internal static class Ldap
{
    /// <summary>The longest message that is encoded here: lengths of one byte.</summary>
    private const int LongestShort = 127;
    private const byte Sequence = 0x30, Set = 0x31, Octets = 0x04, SearchRequest = 0x63, SearchEntry = 0x64, SearchDone = 0x65;

    /// <summary>Where the message's number stands, from its start.</summary>
    internal const int NumberAt = 4;

    /// <summary>A search for one attribute: of the entry itself, or in the subtree below it for what has this attribute with this value.</summary>
    /// <param name="number">1 to 127.</param>
    internal static byte[] Search(byte number, string dn, (string Attribute, string Value)? where, string wanted) => Message(number, SearchRequest,
    [
        .. Text(dn), 0x0a, 1, (byte)(where is null ? 0 : 2), 0x0a, 1, 0, 0x02, 1, 0, 0x02, 1, 0, 0x01, 1, 0,
        .. where is { } equal ? Tagged(0xa3, [.. Text(equal.Attribute), .. Text(equal.Value)]) : Tagged(0x87, "objectClass"u8),
        .. Tagged(Sequence, Text(wanted)),
    ]);

    /// <summary>An entry with one attribute of one value.</summary>
    internal static byte[] Entry(byte number, string dn, string attribute, string value) =>
        Message(number, SearchEntry, [.. Text(dn), .. Tagged(Sequence, Tagged(Sequence, [.. Text(attribute), .. Tagged(Set, Text(value))]))]);

    /// <summary>The end of a search: success.</summary>
    internal static byte[] Done(byte number) => Message(number, SearchDone, [0x0a, 1, 0, Octets, 0, Octets, 0]);

    /// <summary>Reads one message, as it came; valid until the next read.</summary>
    /// <exception cref="InvalidDataException">Its length is not one of one byte.</exception>
    internal static ReadOnlySpan<byte> Read(LineConnection connection)
    {
        ReadOnlySpan<byte> head = connection.PeekBytes(2);
        return head[1] <= LongestShort ? connection.ReadBytes(2 + head[1]) : throw new InvalidDataException($"a message that begins with {Convert.ToHexString(head)}");
    }

    /// <summary>What a message says that ends a search: "53 the text". Null: it is another one.</summary>
    internal static string? Result(ReadOnlySpan<byte> message)
    {
        int at = NumberAt + 1;
        if (message.Length < at + 9 || message[at] != SearchDone)
        {
            return null;
        }
        int code = message[at + 4];
        int text = at + 7 + message[at + 6]; // past the name, at the text's tag
        return text + 1 < message.Length ? $"{code} {Encoding.UTF8.GetString(message.Slice(text + 2, message[text + 1]))}".TrimEnd() : null;
    }

    /// <summary>The last text of an entry that was asked for one attribute: its value. Null: it is no entry.</summary>
    internal static string? Value(ReadOnlySpan<byte> message)
    {
        if (message.Length <= NumberAt + 1 || message[NumberAt + 1] != SearchEntry)
        {
            return null;
        }
        int start = NumberAt + 3;
        start += 2 + message[start + 1]; // past the name
        start += 4; // into the list of attributes, and its first one
        start += 2 + message[start + 1]; // past its type
        return Encoding.UTF8.GetString(message[(start + 4)..]);
    }

    private static byte[] Message(byte number, byte kind, byte[] body) => Tagged(Sequence, [0x02, 1, number, .. Tagged(kind, body)]);

    private static byte[] Text(string text) => Tagged(Octets, Encoding.UTF8.GetBytes(text));

    private static byte[] Tagged(byte tag, ReadOnlySpan<byte> content) => content.Length <= LongestShort
        ? [tag, (byte)content.Length, .. content]
        : throw new ArgumentException($"{content.Length} bytes", nameof(content));
}
