// SPDX-License-Identifier: Apache-2.0
namespace Wfpatch.Core.Diffing.Types;

/// <summary>The class that a virtual table or type information is of, by its mangled name (Itanium C++ ABI, 5.1.4 and 5.1.2): plain and nested names.
/// Templates and names that are abbreviated are not taken apart.</summary>
internal static class ClassNames
{
    private const int PrefixLength = 4;

    /// <param name="symbol">_ZTV5Shape, _ZTIN3app5ShapeE and their like.</param>
    /// <returns>app::Shape; null for other names.</returns>
    public static string? Of(string symbol)
    {
        if (symbol.Length <= PrefixLength || !symbol.StartsWith("_ZT", StringComparison.Ordinal))
        {
            return null;
        }
        bool isNested = symbol[PrefixLength] == 'N';
        int at = PrefixLength + (isNested ? 1 : 0);
        var names = new List<string>();
        while (at < symbol.Length && char.IsAsciiDigit(symbol[at]))
        {
            int length = 0;
            while (at < symbol.Length && char.IsAsciiDigit(symbol[at]) && length < symbol.Length)
            {
                length = (length * 10) + (symbol[at++] - '0');
            }
            if (length == 0 || length > symbol.Length - at)
            {
                return null;
            }
            // An anonymous namespace has no name in debug information.
            string name = symbol.Substring(at, length);
            names.Add(name.StartsWith("_GLOBAL__N", StringComparison.Ordinal) ? "" : name);
            at += length;
        }
        bool isWhole = isNested ? at == symbol.Length - 1 && symbol[at] == 'E' : at == symbol.Length && names.Count == 1;
        return isWhole && names.Count > 0 ? string.Join("::", names) : null;
    }
}
