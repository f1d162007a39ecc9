// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using System.Text.Json;
using Wfpatch.Testing;

namespace Wfpatch.Live.Tests.Cases;

/// <summary>What expect.json of a case says about its running programs; what a diff must hold is for Core.Tests.</summary>
/// <param name="Compiler">The only compiler that knows its language, "gcc" or "clang"; null: both.</param>
/// <param name="RefusedIn">"build code", or "* code" for every build; "build none": it is not, against what "*" says.</param>
/// <param name="IsLinkedBackwards">Whether the programs are linked from their units in the order of their names turned round: of inline functions the last unit's copy runs.</param>
public sealed record CaseExpectation(string? Compiler, ImmutableArray<string> RefusedIn, ImmutableArray<string> Flags, bool IsLinkedBackwards = false)
{
    public static CaseExpectation Read(string name)
    {
        var read = JsonSerializer.Deserialize<CaseExpectation>(File.ReadAllText(RepositoryRoot.Combine("tests", "cases", "diff", name, "expect.json")))!;
        return new CaseExpectation(read.Compiler, OrEmpty(read.RefusedIn), OrEmpty(read.Flags), read.IsLinkedBackwards);
    }

    /// <summary>The code with which the case is refused where it is built so; null: it is applied.</summary>
    public string? RefusalIn(string build) =>
        RefusedIn.Select(r => r.Split(' ')).Where(r => r[0] == build || r[0] == "*").OrderBy(r => r[0] == "*").Select(r => r[1]).FirstOrDefault() is { } code && code != "none" ? code : null;

    private static ImmutableArray<string> OrEmpty(ImmutableArray<string> values) => values.IsDefault ? [] : values;
}
