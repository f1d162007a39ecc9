// SPDX-License-Identifier: Apache-2.0
using Xunit;

namespace Wfpatch.Build.Tests.Sources;

/// <summary>The same program with the files of each build system: what is detected, built, and compiled again for a header.</summary>
public sealed class BuildSystemTests : IDisposable
{
    private const string CMake = """
        cmake_minimum_required(VERSION 3.13)
        project(sample C CXX)
        include_directories(lib)
        add_executable(server server.c lib/answer.c lib/shape.cc)
        """;

    private const string Meson = """
        project('sample', 'c', 'cpp')
        executable('server', 'server.c', 'lib/answer.c', 'lib/shape.cc', include_directories: include_directories('lib'))
        """;

    private const string Ninja = """
        rule cc
          command = cc -O2 -Ilib -c $in -o $out
        rule cxx
          command = c++ -O2 -Ilib -c $in -o $out
        rule link
          command = c++ $in -o $out
        build server.o: cc server.c
        build answer.o: cc lib/answer.c
        build shape.o: cxx lib/shape.cc
        build server: link server.o answer.o shape.o

        """;

    private const string Configure = """
        AC_INIT([sample], [1])
        AM_INIT_AUTOMAKE([foreign subdir-objects])
        AC_PROG_CC
        AC_PROG_CXX
        AC_CONFIG_FILES([Makefile])
        AC_OUTPUT
        """;

    private const string Automake = "bin_PROGRAMS = server\nserver_SOURCES = server.c lib/answer.c lib/answer.h lib/shape.cc\nAM_CPPFLAGS = -I$(srcdir)/lib\n";

    private readonly SampleProject _project = new();

    public void Dispose() => _project.Dispose();

    [Theory]
    [InlineData("make")]
    [InlineData("CMake", "cmake")]
    [InlineData("Meson", "meson", "ninja")]
    [InlineData("autotools", "autoreconf", "automake")]
    [InlineData("ninja", "ninja")]
    public async Task A_fix_of_a_unit_and_a_fix_of_a_header_become_patches(string system, params string[] tools)
    {
        SampleProject.Require(tools);
        Write(system);
        string[] before = Files();
        var events = new EventList();
        string unit = _project.Patch("lib/answer.c", "+ 41", "+ 42");
        var first = await SourceTreeBuild.RunAsync(
            _project.Options(unit) with { Common = new BuildOptions { Name = "fix", Progress = events } }, TestContext.Current.CancellationToken);
        Assert.Equal(["answer"], SampleProject.Replaced(first));
        Assert.Equal("server", first.Patch!.Objects[0].ObjectName);
        Assert.Contains(events.All, e => e.Stage == BuildStage.OldBuild && e.Text.Contains($"({system}:", StringComparison.Ordinal));

        string header = _project.Patch("lib/answer.h", "return 2 * x", "return 3 * x", "header.patch");
        Assert.Equal(["_ZNK6shapes6Square4areaEv", "answer"], SampleProject.Replaced(await _project.BuildAsync(header)));
        Assert.Equal(before, Files());
    }

    private string[] Files() => [.. Directory.EnumerateFiles(_project.Tree, "*", SearchOption.AllDirectories).Order().Select(f => $"{f} {File.GetLastWriteTimeUtc(f).Ticks}")];

    private void Write(string system)
    {
        switch (system)
        {
            case "make":
                _project.WithMakefile();
                break;
            case "CMake":
                _project.Write("CMakeLists.txt", CMake);
                break;
            case "Meson":
                _project.Write("meson.build", Meson);
                break;
            case "ninja":
                _project.Write("build.ninja", Ninja);
                break;
            default:
                _project.Write("configure.ac", Configure + "\n");
                _project.Write("Makefile.am", Automake);
                break;
        }
    }
}
