// SPDX-License-Identifier: Apache-2.0
using System.Collections.Immutable;
using Wfpatch.Build;
using Wfpatch.Live.Controllers;
using Wfpatch.Live.Tests.Running;
using Wfpatch.Testing;
using Wfpatch.Testing.Compilers;
using Wfpatch.Testing.Targets;
using Xunit;

namespace Wfpatch.Live.Tests.Code;

/// <summary>A library of tests/targets, compiled in one way, and the patch that makes version 2 of it.</summary>
public sealed record TestLibrary(string Path, TestPatch Patch)
{
    /// <summary>What libraries of Debian's packages are compiled with, but for -O.</summary>
    public static ImmutableArray<string> Flags { get; } = ["-g", "-Wall", "-Wextra", "-Werror", "-fPIC", "-fstack-protector-strong"];

    /// <summary>The library alone; gives its path.</summary>
    public static Task<string> LinkAsync(string source, string name, ImmutableArray<string> flags, CancellationToken cancel) =>
        Compiler.LibraryAsync(name, [RepositoryRoot.Combine("tests", "targets", source + ".c")], new CompileOptions([.. Flags, .. flags]), cancel);

    /// <param name="source">NAME of tests/targets/NAME.c.</param>
    /// <param name="flags">Beside <see cref="Flags"/>.</param>
    public static async Task<TestLibrary> BuildAsync(string source, params ImmutableArray<string> flags)
    {
        var cancel = TestContext.Current.CancellationToken;
        var options = new CompileOptions([.. Flags, .. flags]);
        ImmutableArray<string> sources = [RepositoryRoot.Combine("tests", "targets", source + ".c")];
        string name = $"lib{source}.so.1";
        string library = await Compiler.LibraryAsync(name, sources, options, cancel);
        var objects = options with { Flags = [.. options.Flags.Where(f => !f.StartsWith("-Wl,", StringComparison.Ordinal) && f[0] != '/')] };
        var result = TreeBuild.Run(
            await Compiler.ObjectsAsync(name, sources, objects, cancel), await Compiler.ObjectsAsync(name, sources, objects with { Version = 2 }, cancel),
            new() { Name = source, ObjectNames = [name] });
        var patch = result.Patch ?? throw new InvalidOperationException(string.Join('\n', result.Refusals));
        string file = ScratchFolder.NewFile($"{source}.wfp");
        await File.WriteAllBytesAsync(file, result.Bytes, cancel);
        return new(library, new(patch, file));
    }
}

/// <summary>A running tests/targets/libhost.c.</summary>
public sealed class LibraryProgram : IAsyncDisposable
{
    private LibraryProgram(TestTarget target) => Target = target;

    public TestTarget Target { get; }

    public int Id => Target.Id;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public static async Task<LibraryProgram> StartAsync(params ImmutableArray<string> arguments) =>
        new(await TestTarget.StartAsync("libhost", new() { Compile = CompileOptions.Debian with { Flags = [.. CompileOptions.Debian.Flags, "-rdynamic"] }, Arguments = arguments }, Cancel));

    /// <summary>One that has the library's functions in itself: compiled like a library, and relaxed by the link editor.</summary>
    public static async Task<(LibraryProgram Program, TestPatch Patch)> StartStaticAsync(string source, params ImmutableArray<string> flags)
    {
        var options = new CompileOptions([.. TestLibrary.Flags, "-pthread", "-rdynamic", .. flags]) { IsPositionIndependent = !flags.Contains("-no-pie") };
        var sources = new TargetSource("libhost", [RepositoryRoot.Combine("tests", "targets", "libhost.c"), RepositoryRoot.Combine("tests", "targets", source + ".c")]);
        var result = TreeBuild.Run(await sources.ObjectsAsync(1, options, Cancel), await sources.ObjectsAsync(2, options, Cancel), new() { Name = source });
        var patch = new TestPatch(result.Patch ?? throw new InvalidOperationException(string.Join('\n', result.Refusals)), "");
        var program = await PatchableTarget.StartAsync(async () =>
        {
            var started = new LibraryProgram(await TestTarget.StartAsync(sources, new() { Compile = options }, Cancel));
            Assert.Equal("opened", await started.Target.AskAsync("open l -", Cancel));
            return started;
        }, p => p.Id, patch);
        return (program, patch);
    }

    /// <summary>One in which the library is loaded as <paramref name="flags"/> say and the patch has room (see <see cref="PatchableTarget"/>).</summary>
    /// <param name="preload">Another library, loaded from the start; null: none.</param>
    public static Task<LibraryProgram> StartWithAsync(TestLibrary library, string flags, string? preload = null) => PatchableTarget.StartAsync(async () =>
    {
        bool fromStart = flags.Contains('o', StringComparison.Ordinal);
        var program = await StartAsync(fromStart ? ["preload", library.Path] : preload is not null ? ["preload", preload] : []);
        await program.OpenAsync(flags, library);
        return program;
    }, p => p.Id, library.Patch);

    public async Task OpenAsync(string flags, TestLibrary library) =>
        Assert.Equal("opened", await Target.AskAsync($"open {flags} {library.Path}", Cancel));

    public async Task CloseAsync() => Assert.Equal("closed", await Target.AskAsync("close", Cancel));

    /// <summary>Calls a function on the three threads.</summary>
    public async Task ExpectAsync(string function, params int[] results) =>
        Assert.Equal(string.Join(' ', results), await Target.AskAsync($"call {function}", Cancel));

    public ValueTask DisposeAsync() => Target.DisposeAsync();
}
