// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Tests.Sources;
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Objects;

/// <summary>Objects for link-time optimisation, of other languages and for other processors are refused by name.</summary>
public sealed class ForeignObjectTests : IDisposable
{
    private const string Old = "int answer(int x) { return x + 41; }\n";
    private const string New = "int answer(int x) { return x + 42; }\n";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gcc", "-flto")]
    [InlineData("gcc", "-flto -ffat-lto-objects")]
    [InlineData("clang", "-flto")]
    [InlineData("clang", "-flto=thin")]
    public void Objects_for_link_time_optimisation_are_refused(string compiler, string flags)
    {
        var (old, @new) = Compile(compiler, flags);
        ExpectEverywhere(old, @new, DiffRefusals.LinkTimeOptimization);
    }

    [Fact]
    public void An_unchanged_unit_with_bytecode_is_refused_as_well()
    {
        foreach (string side in new[] { "old", "new" })
        {
            _folder.Write($"{side}/same.c", "int same(int x) { return x * 3; }\n");
            _folder.Write($"{side}/answer.c", side == "old" ? Old : New);
            SourceTree.Run(_folder.At(side), "gcc", "-O2", "-flto", "-ffat-lto-objects", "-c", "same.c");
            SourceTree.Run(_folder.At(side), "gcc", "-O2", "-ffunction-sections", "-c", "answer.c");
        }
        var refusal = Assert.Single(TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "fix" }).Refusals);
        Assert.Equal((DiffRefusals.LinkTimeOptimization, "same.o"), (refusal.Kind, refusal.Subject));
    }

    [Fact]
    public void Objects_of_rustc_are_refused()
    {
        SampleProject.Require("rustc");
        const string Source = "#[no_mangle]\npub fn answer(x: i32) -> i32 { x + 41 }\npub fn other(x: i32) -> String { format!(\"{}\", x) }\n";
        foreach (var (side, source) in new[] { ("old", Source), ("new", Source.Replace("41", "42", StringComparison.Ordinal)) })
        {
            _folder.Write($"{side}/answer.rs", source);
            SourceTree.Run(_folder.At(side), "rustc", "--crate-type=lib", "--emit=obj", "-C", "codegen-units=1", "-O", "-o", "answer.o", "answer.rs");
        }
        ExpectEverywhere(_folder.At("old", "answer.o"), _folder.At("new", "answer.o"), DiffRefusals.ForeignLanguage, "Rust");
    }

    /// <summary>What identifies them, in objects made by hand: no Go compiler is needed.</summary>
    [Fact]
    public void Objects_of_Go_are_refused()
    {
        foreach (var (side, value) in new[] { ("old", 41), ("new", 42) })
        {
            string code = $".section .text.answer,\"ax\",@progbits\n.globl answer\n.type answer,@function\nanswer:\nmov ${value}, %eax\nret\n.size answer, .-answer\n";
            _folder.Write($"{side}/answer.s", code + ".section .go.buildinfo,\"a\",@progbits\n.ascii \"\\377 Go buildinf:\"\n");
            SourceTree.Run(_folder.At(side), "gcc", "-c", "answer.s");
        }
        ExpectEverywhere(_folder.At("old", "answer.o"), _folder.At("new", "answer.o"), DiffRefusals.ForeignLanguage, "Go");
        string plain = _folder.Write("plain/answer.o", "go object linux amd64 go1.22\n!\n");
        ExpectEverywhere(plain, plain, DiffRefusals.ForeignLanguage, "Go");
    }

    /// <summary>Rust beside C: what did not change does not matter.</summary>
    [Fact]
    public void Unchanged_objects_of_other_languages_are_none_of_our_business()
    {
        foreach (string side in new[] { "old", "new" })
        {
            _folder.Write($"{side}/go.s", ".section .go.buildinfo,\"a\",@progbits\n.ascii \"\\377 Go buildinf:\"\n.text\nret\n");
            _folder.Write($"{side}/answer.c", side == "old" ? Old : New);
            SourceTree.Run(_folder.At(side), "gcc", "-c", "go.s");
            SourceTree.Run(_folder.At(side), "gcc", "-O2", "-ffunction-sections", "-c", "answer.c");
        }
        Assert.Equal(["answer"], SampleProject.Replaced(TreeBuild.Run(_folder.At("old"), _folder.At("new"), new BuildOptions { Name = "fix" })));
    }

    [Theory]
    [InlineData("gcc", "-m32")]
    [InlineData("gcc", "-mx32")]
    [InlineData("clang", "--target=aarch64-linux-gnu")]
    [InlineData("clang", "--target=powerpc64-linux-gnu")]
    public void Objects_for_other_processors_are_refused(string compiler, string flags)
    {
        var (old, @new) = Compile(compiler, flags);
        ExpectEverywhere(old, @new, FileRefusals.WrongArchitecture);
    }

    private (string Old, string New) Compile(string compiler, string flags)
    {
        SampleProject.Require(compiler);
        foreach (string side in new[] { "old", "new" })
        {
            _folder.Write($"{side}/answer.c", side == "old" ? Old : New);
            SourceTree.Run(_folder.At(side), compiler, ["-O2", "-ffunction-sections", .. flags.Split(' '), "-c", "answer.c"]);
        }
        return (_folder.At("old", "answer.o"), _folder.At("new", "answer.o"));
    }

    /// <summary>As two objects, two archives and two trees.</summary>
    private static void ExpectEverywhere(string old, string @new, RefusalKind kind, string word = "")
    {
        var options = new BuildOptions { Name = "fix" };
        Expect(ObjectBuild.Run(old, @new, options));
        Expect(TreeBuild.Run(Path.GetDirectoryName(old)!, Path.GetDirectoryName(@new)!, options));
        foreach (string side in new[] { old, @new }.Distinct())
        {
            SourceTree.Run(Path.GetDirectoryName(side)!, "sh", "-c", "rm -f x.a; ar rcS x.a answer.o");
        }
        Expect(ObjectBuild.Run(Path.Combine(Path.GetDirectoryName(old)!, "x.a"), Path.Combine(Path.GetDirectoryName(@new)!, "x.a"), options));

        void Expect(BuildResult result)
        {
            Assert.NotEmpty(result.Refusals);
            Assert.All(result.Refusals, r => Assert.Equal(kind, r.Kind));
            Assert.All(result.Refusals, r => Assert.Contains(word, r.Sentence, StringComparison.Ordinal));
        }
    }
}
