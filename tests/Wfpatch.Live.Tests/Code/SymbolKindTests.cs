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

/// <summary>New code means by a name what the old code of its object would mean: by version, visibility, interposition and copy.</summary>
public sealed class SymbolKindTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A function whose address is taken and whose slot is not bound yet: the version is the one that the library was linked against.</summary>
    [Theory]
    [InlineData("-O2 -Wl,-z,lazy", "l", 2002)]
    [InlineData("-O2 -Wl,-z,lazy -DOLDER", "l", 2001)]
    [InlineData("-O0 -Wl,-z,lazy -DOLDER", "lo", 2001)]
    [InlineData("-O2 -Wl,-z,now -DOLDER", "n", 2001)]
    [InlineData("-O2 -fno-plt -DOLDER", "l", 2001)]
    [InlineData("-O2 -Wl,-z,lazy -DSAYS", "l", 2012)]
    [InlineData("-O2 -Wl,-z,now -DSAYS -DOLDER", "n", 2012)]
    [InlineData("-O2 -Wl,-z,lazy -DSAYS -DOLDER", "lm", 2012)]
    public async Task A_version(string compile, string load, int expected)
    {
        string named = await TestLibrary.LinkAsync("named-library", "libnamed.so.1", ["-O2", "-Wl,--version-script=" + RepositoryRoot.Combine("tests", "targets", "named-library.map")], Cancel);
        var library = await TestLibrary.BuildAsync("versioned-library", [.. compile.Split(' '), "-Wl,--no-as-needed", named]);
        await using var program = await LibraryProgram.StartWithAsync(library, load);
        await ExpectAsync(program, library, expected);
    }

    /// <summary>A preloaded library has functions of the same names: they take the place of those that are seen, and of no other.</summary>
    [Theory]
    [InlineData("-O2 -Wl,-z,lazy", false, 2123)]
    [InlineData("-O2 -Wl,-z,lazy", true, 2523)]
    [InlineData("-O2 -Wl,-z,now", true, 2523)]
    [InlineData("-O0 -fno-plt", true, 2523)]
    [InlineData("-O2 -Wl,-Bsymbolic", true, 2123)]
    public async Task Visible_protected_and_hidden(string compile, bool isPreloaded, int expected)
    {
        var library = await TestLibrary.BuildAsync("seen-library", [.. compile.Split(' ')]);
        string other = await TestLibrary.LinkAsync("seen-library", "libotherseen.so.1", ["-O2", "-DOTHER"], Cancel);
        await using var program = await LibraryProgram.StartWithAsync(library, "l", isPreloaded ? other : null);
        await ExpectAsync(program, library, expected);
    }

    /// <summary>The library's variable lies in the program: the library's old and new code and the program's mean that one.</summary>
    [Theory]
    [InlineData("-O2", "-no-pie")]
    [InlineData("-O0", "-no-pie")]
    [InlineData("-O2", "-pie")]
    public async Task A_variable_with_a_copy_in_the_program(string level, string kind)
    {
        bool isCopied = kind == "-no-pie";
        var library = await TestLibrary.BuildAsync("copied-library", level);
        var source = TargetSource.Find("copied");
        var objects = new CompileOptions([level, "-g", "-Wall", "-Wextra", "-Werror", "-pthread", isCopied ? "-fno-pic" : "-fPIC"]) { IsPositionIndependent = !isCopied };
        var built = TreeBuild.Run(await source.ObjectsAsync(1, objects, Cancel), await source.ObjectsAsync(2, objects, Cancel), new() { Name = "copied" });
        var patch = new TestPatch(built.Patch ?? throw new InvalidOperationException(string.Join('\n', built.Refusals)), "");
        var options = new TargetOptions { Compile = objects with { Flags = [.. objects.Flags, "-Wl,--no-as-needed", library.Path] } };
        await using var target = await PatchableTarget.StartAsync(() => TestTarget.StartAsync(source, options, Cancel), t => t.Id, library.Patch, patch);

        await ExpectAsync("set 10", "10", ("library", "11"), ("program", "111"), ("get", "111"));
        await InProcess.ApplyAsync(target.Id, library.Patch).ExpectAsync(Outcome.Done);
        await ExpectAsync("set 20", "20", ("library", "22"), ("program", "122"), ("get", "122"));
        await InProcess.ApplyAsync(target.Id, patch).ExpectAsync(Outcome.Done);
        await ExpectAsync("set 30", "30", ("library", "32"), ("program", "232"), ("library", "234"), ("get", "234"));
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await InProcess.RevertAsync(target.Id).ExpectAsync(Outcome.Done);
        await ExpectAsync("set 40", "40", ("library", "41"), ("program", "141"), ("get", "141"));

        async Task ExpectAsync(string set, string answer, params ImmutableArray<(string Command, string Answer)> more)
        {
            Assert.Equal(answer, await target.AskAsync(set, Cancel));
            foreach (var (command, expected) in more)
            {
                Assert.Equal((command, expected), (command, await target.AskAsync(command, Cancel)));
            }
        }
    }

    private static async Task ExpectAsync(LibraryProgram program, TestLibrary library, int expected)
    {
        await program.ExpectAsync("step", 1000, 1000, 1000);
        await InProcess.ApplyAsync(program.Id, library.Patch).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", expected, expected, expected);
        await InProcess.ExpectNoDifferenceAsync(program.Id);
        await InProcess.RevertAsync(program.Id).ExpectAsync(Outcome.Done);
        await program.ExpectAsync("step", 1000, 1000, 1000);
    }
}
