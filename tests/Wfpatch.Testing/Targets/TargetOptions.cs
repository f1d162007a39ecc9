// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Testing.Compilers;

namespace Wfpatch.Testing.Targets;

/// <summary>How a test program is compiled and started.</summary>
public sealed record TargetOptions
{
    public static TargetOptions Default { get; } = new();

    public CompileOptions Compile { get; init; } = CompileOptions.Debian;

    public ImmutableArray<string> Arguments { get; init; } = [];

    /// <summary>A command that runs the program, which is given to it as its last arguments; empty: none.</summary>
    public ImmutableArray<string> Launcher { get; init; } = [];

    /// <summary>For compiling aside: until its line `ready`.</summary>
    public TimeSpan StartLimit { get; init; } = TimeSpan.FromSeconds(20);
}
