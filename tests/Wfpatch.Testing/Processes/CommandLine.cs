// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;

namespace Wfpatch.Testing.Processes;

/// <summary>A program with its arguments, and where it runs.</summary>
/// <param name="File">A path, or a name that is looked up in PATH.</param>
/// <param name="Folder">The working folder; null: ours.</param>
/// <param name="Environment">Variables beside or instead of our own.</param>
public sealed record CommandLine(string File, ImmutableArray<string> Arguments, string? Folder = null, ImmutableDictionary<string, string>? Environment = null)
{
    public static CommandLine Of(string file, params ReadOnlySpan<string> arguments) => new(file, [.. arguments]);

    public override string ToString() => string.Join(' ', Arguments.Prepend(File));
}
