// SPDX-License-Identifier: Apache-2.0
using CsCheck;
using Wfpatch.Build.SourcePatches;
using Wfpatch.Testing;
using Xunit;

namespace Wfpatch.Build.Tests.SourcePatches;

public sealed class LineKeeperTests
{
    private const string Old = "#include <x.h>\n\nint a(void)\n{\n    return 1;\n}\n\nint b(void)\n{\n    return __LINE__;\n}\n";

    [Fact]
    public void A_directive_follows_the_function_that_grew() => Assert.Equal(
        Old.Replace("    return 1;\n}\n", "    x();\n    return 1;\n}\n#line 7\n", StringComparison.Ordinal),
        LineKeeper.Keep(Old, Old.Replace("    return 1;", "    x();\n    return 1;", StringComparison.Ordinal)));

    [Fact]
    public void A_new_include_moves_nothing() => Assert.Equal(
        Old.Replace("#include <x.h>\n\n", "#include <x.h>\n#include <y.h>\n\n#line 3\n", StringComparison.Ordinal),
        LineKeeper.Keep(Old, Old.Replace("<x.h>\n", "<x.h>\n#include <y.h>\n", StringComparison.Ordinal)));

    [Theory]
    [InlineData("return 1", "return 2")]
    [InlineData("return __LINE__;\n}\n", "x();\n    return __LINE__;\n}\n")]
    public void Without_need_there_is_none(string old, string @new) =>
        Assert.Equal(Old.Replace(old, @new, StringComparison.Ordinal), LineKeeper.Keep(Old, Old.Replace(old, @new, StringComparison.Ordinal)));

    [Fact]
    public void There_is_none_within_a_macro_or_beside_a_raw_string()
    {
        string macro = "#define M \\\n{ \\\n1 \\\n} \\\n\\\nend\nint a;\n";
        string grown = macro.Replace("1 \\\n", "1 \\\n2 \\\n", StringComparison.Ordinal);
        Assert.Equal(grown, LineKeeper.Keep(macro, grown));
        string raw = Old + "auto s = R\"(\n}\n)\";\n";
        string @new = raw.Replace("return 1;", "x();\n return 1;", StringComparison.Ordinal);
        Assert.Equal(@new, LineKeeper.Keep(raw, @new));
    }

    [Fact]
    public void Lines_that_are_matched_are_equal_and_in_order() =>
        Gen.Select(Gen.Char['a', 'd'].Array[0, 30], Gen.Char['a', 'd'].Array[0, 30]).Check((a, b) =>
        {
            string[] old = [.. a.Select(c => c.ToString())];
            string[] @new = [.. b.Select(c => c.ToString())];
            int[] match = LineDiff.Match(old, @new)!;
            int last = -1;
            for (int i = 0; i < match.Length; i++)
            {
                if (match[i] >= 0)
                {
                    Assert.Equal(old[match[i]], @new[i]);
                    Assert.True(match[i] > last);
                    last = match[i];
                }
            }
            // As many as the longest common subsequence has.
            Assert.Equal(Longest(old, @new), match.Count(m => m >= 0));
        });

    private static int Longest(string[] a, string[] b)
    {
        int[,] length = new int[a.Length + 1, b.Length + 1];
        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                length[i, j] = a[i - 1] == b[j - 1] ? length[i - 1, j - 1] + 1 : Math.Max(length[i - 1, j], length[i, j - 1]);
            }
        }
        return length[a.Length, b.Length];
    }
}
