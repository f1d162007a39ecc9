// SPDX-License-Identifier: Apache-2.0
using System.Text;

namespace Wfpatch.Build.Compilers;

/// <summary>What -M writes: a rule for make, whose prerequisites are the files that a compile reads.</summary>
internal static class DependencyFile
{
    /// <summary>The prerequisites of the first rule. Blanks and # in names are escaped with a backslash, $ is doubled.</summary>
    public static IEnumerable<string> Parse(string text)
    {
        var word = new StringBuilder();
        bool isTarget = true;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : '\n';
            char next = i + 1 < text.Length ? text[i + 1] : '\0';
            if (c == '\\' && next is '\n' or ' ' or '#')
            {
                i++;
                if (next != '\n')
                {
                    word.Append(next);
                    continue;
                }
                c = ' ';
            }
            else if (c == '$' && next == '$')
            {
                i++;
                word.Append('$');
                continue;
            }
            if (c is not (' ' or '\t' or '\r' or '\n'))
            {
                word.Append(c);
                continue;
            }
            if (word.Length > 0)
            {
                if (isTarget)
                {
                    isTarget = word[^1] != ':';
                }
                else
                {
                    yield return word.ToString();
                }
                word.Clear();
            }
            if (c == '\n' && !isTarget)
            {
                yield break;
            }
        }
    }
}
