// SPDX-License-Identifier: Apache-2.0
using System.Globalization;
using Wfpatch.Core.Addresses;

namespace Wfpatch.Core.Tests.Redirects;

/// <summary>
/// One line of a file in tests/cases/redirect:
/// <code>
///     [+] [hook | evict | stop] BYTES [| BYTES BEHIND THE FUNCTION] @ ADDRESS [RANGE, ...] [new RANGE] => TACTIC, OFFSET, BYTES, TARGET, PAGES[, EVICTED]
///     [+] ...                                                                           => WF4xx
/// </code>
/// Numbers are hexadecimal. In brackets: mapped memory beside the function's own pages. `new`: memory that the trampoline
/// must reach. A line with + goes on in the address space of the line before, with its redirects; no bytes then mean those
/// that lie there. PAGES counts the pages to be mapped for all redirects so far. `evict`: a later
/// instruction may be changed too, and EVICTED is its own OFFSET, BYTES and TARGET. `stop`: the same, and all threads may be stopped; there is
/// no other code than the given bytes, from the function's to those behind it. What lies behind them is nop.
/// </summary>
internal sealed record RedirectCase(
    string Text, bool Continues, bool IsHook, bool MayEvict, bool MayStop, byte[] Function, byte[] Behind, Address Entry, AddressRange[] Taken, AddressRange NewCode, string Expected)
{
    public static RedirectCase Parse(string line)
    {
        string[] sides = line.Split("=>", StringSplitOptions.TrimEntries);
        string left = sides[0];
        bool continues = TakeWord(ref left, "+");
        bool hook = TakeWord(ref left, "hook");
        bool evict = TakeWord(ref left, "evict");
        bool stop = TakeWord(ref left, "stop");
        string[] parts = left.Split('@', StringSplitOptions.TrimEntries);
        string place = parts[1];
        var newCode = TakeBehind(ref place, "new ") is { Length: > 0 } reach ? Range(reach) : default;
        var taken = TakeBehind(ref place, "[") is { } ranges ? ranges.TrimEnd(']', ' ').Split(',', StringSplitOptions.TrimEntries).Select(Range).ToArray() : [];
        string[] bytes = parts[0].Split('|');
        return new RedirectCase(
            line, continues, hook, evict || stop, stop, X86.CodeText.Bytes(bytes[0]), bytes.Length > 1 ? X86.CodeText.Bytes(bytes[1]) : [], Number(place), taken, newCode, sides[1]);
    }

    public static IEnumerable<RedirectCase> Load(string file) =>
        File.ReadLines(file).Where(l => l.Length > 0 && l[0] != '#').Select(Parse);

    private static bool TakeWord(ref string text, string word)
    {
        bool there = text.StartsWith(word, StringComparison.Ordinal);
        text = there ? text[word.Length..].TrimStart() : text;
        return there;
    }

    private static string? TakeBehind(ref string text, string mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        string? found = at < 0 ? null : text[(at + mark.Length)..];
        text = at < 0 ? text : text[..at];
        return found;
    }

    private static AddressRange Range(string text)
    {
        string[] ends = text.Split('-');
        return new AddressRange(Number(ends[0]), Number(ends[1]));
    }

    private static Address Number(string text) => new(ulong.Parse(text.Trim().Trim(']'), NumberStyles.HexNumber, CultureInfo.InvariantCulture));
}
