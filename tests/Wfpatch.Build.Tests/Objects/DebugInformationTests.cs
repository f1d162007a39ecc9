// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Core.Refusals;
using Xunit;

namespace Wfpatch.Build.Tests.Objects;

/// <summary>Refusals name the line, and layouts are compared, in whatever form compilers leave debug information; where they cannot be, the author is told.</summary>
public sealed class DebugInformationTests : IDisposable
{
    private const string C = """
        struct order { int pieces; };
        int limit = 5;
        _Thread_local int seen = 1;
        static int *last(void) { static int place = 3; return &place; }
        int cost(struct order *o);
        int cost(struct order *o)
        {
            *last() += seen++;
            return limit * o->pieces;
        }
        int main(void)
        {
            return *last() + 1;
        }
        """;

    private const string Cxx = """
        namespace app
        {
        struct Shape
        {
            virtual ~Shape();
            virtual int sides() const;
            int kept = 1;
            /* room */
        };

        Shape::~Shape() {}

        int Shape::sides() const
        {
            return kept + 3;
        }

        thread_local int count = 5;
        int next() { return ++count; }
        }
        """;

    private static readonly string[] ExpectedOfC =
        ["WF204 limit new.c:2", "WF204 place.N new.c:4", "WF208 seen new.c:3", "WF210 main new.c:11", "WF229 order new.c:1"];

    private static readonly string[] ExpectedOfCxx = ["WF208 _ZN3app5countE new.cc:18", "WF224 _ZTVN3app5ShapeE new.cc:3", "WF230 _ZTVN3app5ShapeE new.cc:3"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("gcc", "-g")]
    [InlineData("gcc", "-gdwarf-4")]
    [InlineData("gcc", "-g -gz=zlib")]
    [InlineData("gcc", "-g -gz=zlib-gnu")]
    [InlineData("gcc", "-g -fdebug-types-section")]
    [InlineData("gcc", "-gdwarf-4 -fdebug-types-section")]
    [InlineData("gcc", "-g -gsplit-dwarf")]
    [InlineData("gcc", "-gdwarf-4 -gsplit-dwarf")]
    [InlineData("gcc", "-g -gsplit-dwarf -fdebug-types-section -gz")]
    [InlineData("clang", "-g")]
    [InlineData("clang", "-gdwarf-4")]
    [InlineData("clang", "-g -gz")]
    [InlineData("clang", "-g -fdebug-types-section")]
    [InlineData("clang", "-g -gsplit-dwarf")]
    [InlineData("clang", "-g -gsplit-dwarf=single")]
    [InlineData("clang", "-gdwarf-4 -gsplit-dwarf -fdebug-types-section")]
    public void Refusals_name_file_and_line(string compiler, string flags)
    {
        string[] all = flags.Split(' ');
        string[] c = Refusals(Diff(compiler, ".c", C, ChangedC, all));
        Assert.Equal(ExpectedOfC, c);
        string[] cxx = Refusals(Diff(compiler == "gcc" ? "g++" : "clang++", ".cc", Cxx, ChangedCxx, all));
        Assert.Equal(ExpectedOfCxx, cxx);
    }

    [Fact]
    public void Debug_sections_may_be_compressed_by_zstd()
    {
        string[] objects = Compile("gcc", ".c", C, ChangedC, ["-g"]);
        foreach (string file in objects)
        {
            SourceTree.Run(_folder.Path, "objcopy", "--compress-debug-sections=zstd", file);
        }
        Assert.Equal(ExpectedOfC, Refusals(ObjectBuild.Run(objects[0], objects[1], new BuildOptions { Name = "fix" })));
    }

    [Theory]
    [InlineData("-g", false, null)]
    [InlineData("-g0", false, "WF229 the old build's has no debug information")]
    [InlineData("-g1", false, "WF229 the old build's has debug information without types")]
    [InlineData("-g -gsplit-dwarf", false, null)]
    [InlineData("-g -gsplit-dwarf", true, "WF229 the old build's has debug information that names the file old.dwo, which does not lie beside the object")]
    public void What_is_not_compared_is_told(string flags, bool isSplitLost, string? note)
    {
        string old = C.Replace("int main", "int other", StringComparison.Ordinal);
        string[] objects = Compile("gcc", ".c", old, old.Replace("seen++", "++seen", StringComparison.Ordinal), flags.Split(' '));
        if (isSplitLost)
        {
            File.Delete(_folder.At("old.dwo"));
        }
        var result = ObjectBuild.Run(objects[0], objects[1], new BuildOptions { Name = "fix" });
        Assert.True(result.Refusals.IsEmpty, string.Join('\n', result.Refusals));
        Assert.Equal(note is null ? [] : [note], result.Notes.Select(n => $"{n.Code} {n.Sentence[(n.Sentence.IndexOf(": ", StringComparison.Ordinal) + 2)..^1]}"));
    }

    [Fact]
    public void A_compressed_section_that_promises_too_much_is_none()
    {
        var files = new DebugFiles("x.o");
        byte[] zeros = new byte[64];
        Assert.Null(files.Decompress(Core.Elf.DebugCompression.Zlib, zeros, 1 << 30));
        Assert.Null(files.Decompress(Core.Elf.DebugCompression.Zlib, zeros, 10));
        Assert.Null(files.Decompress(Core.Elf.DebugCompression.Zstandard, zeros, 1 << 30));
        Assert.Null(files.Decompress((Core.Elf.DebugCompression)77, zeros, 10));
    }

    private static string ChangedC => C
        .Replace("int pieces;", "int pieces, more;", StringComparison.Ordinal)
        .Replace("limit = 5", "limit = 6", StringComparison.Ordinal)
        .Replace("place = 3", "place = 4", StringComparison.Ordinal)
        .Replace("seen = 1", "seen = 2", StringComparison.Ordinal)
        .Replace("o->pieces", "o->more", StringComparison.Ordinal)
        .Replace("last() + 1", "last() + 2", StringComparison.Ordinal);

    private static string ChangedCxx => Cxx
        .Replace("/* room */", "virtual int corners() const { return 1; }", StringComparison.Ordinal)
        .Replace("count = 5", "count = 6", StringComparison.Ordinal)
        .Replace("kept + 3", "kept + 4", StringComparison.Ordinal);

    private BuildResult Diff(string compiler, string extension, string old, string @new, string[] flags)
    {
        string[] objects = Compile(compiler, extension, old, @new, flags);
        return ObjectBuild.Run(objects[0], objects[1], new BuildOptions { Name = "fix" });
    }

    private string[] Compile(string compiler, string extension, string old, string @new, string[] flags)
    {
        Sources.SampleProject.Require(compiler);
        _folder.Write("old" + extension, old);
        _folder.Write("new" + extension, @new);
        foreach (string side in new[] { "old", "new" })
        {
            SourceTree.Run(_folder.Path, compiler, ["-O1", "-fno-inline", "-ffunction-sections", "-fdata-sections", .. flags, "-c", side + extension]);
        }
        return [_folder.At("old.o"), _folder.At("new.o")];
    }

    // The numbers of static locals are the compiler's; clang writes function.variable.
    private static string[] Refusals(BuildResult result) =>
    [
        .. result.Refusals.Select(r => $"{r.Code} {Name(r)} {r.Place}").Order(StringComparer.Ordinal),
    ];

    private static string Name(Refusal refusal) =>
        refusal.Subject.Contains("place", StringComparison.Ordinal) ? "place.N" : refusal.Subject;
}
