// SPDX-License-Identifier: Apache-2.0
using Wfpatch.Build.Debian;
using Xunit;

namespace Wfpatch.Build.Tests.Debian;

public sealed class AptTests
{
    [Fact]
    public void One_line_sources_are_read()
    {
        const string Text = """
            # deb http://old.example/debian bookworm main
            deb [arch=amd64,i386 signed-by=/usr/share/keyrings/x.gpg] http://deb.example/debian bookworm main contrib # tail
            deb-src http://deb.example/debian bookworm-updates main
            nonsense
            """;
        var sources = AptSource.ParseList(Text).ToList();
        Assert.Equal(2, sources.Count);
        Assert.Equal("Types: deb deb-src\nURIs: http://deb.example/debian\nSuites: bookworm\nComponents: main contrib\n"
            + "Architectures: amd64 i386\nSigned-By: /usr/share/keyrings/x.gpg\n\n", sources[0].ToDeb822());
        Assert.Equal(["bookworm-updates"], sources[1].Suites);
    }

    [Fact]
    public void Deb822_sources_are_read_with_keys_in_place()
    {
        const string Text = """
            # a comment
            Types: deb
            URIs: http://deb.example/debian
            Suites: bookworm bookworm-updates
            Components: main
            Signed-By:
             -----BEGIN PGP PUBLIC KEY BLOCK-----
             .
             abc

            Types: deb
            URIs: http://off.example/debian
            Suites: bookworm
            Components: main
            Enabled: no

            Types: deb
            URIs: http://tools.example/node
            Suites: nodistro
            Components: main
            """;
        var sources = AptSource.ParseDeb822(Text).ToList();
        Assert.Equal(["http://deb.example/debian", "http://tools.example/node"], sources.SelectMany(s => s.Uris));
        Assert.Contains("Signed-By: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abc\n", sources[0].ToDeb822(), StringComparison.Ordinal);
        string rendered = HostSources.Render(sources, "bookworm");
        Assert.Contains("deb.example", rendered, StringComparison.Ordinal);
        Assert.DoesNotContain("tools.example", rendered, StringComparison.Ordinal);
        Assert.Equal(sources[0].ToDeb822(), AptSource.ParseDeb822(sources[0].ToDeb822()).Single().ToDeb822());
    }

    [Fact]
    public void The_code_name_is_read() => Assert.Equal("bookworm", HostSources.CodeName("ID=debian\nVERSION_CODENAME=bookworm\n"));

    [Fact]
    public void The_host_s_settings_are_kept_but_not_its_folders_and_hooks()
    {
        string config = PrivateApt.Config("/cache/apt", """
            APT::Architecture "amd64";
            Acquire::http::Proxy "http://proxy:3128";
            APT::Update::Post-Invoke:: "rm -f /var/cache/apt/archives/*.deb";
            DPkg::Post-Invoke:: "rm x";
            Dir::State::lists "lists/";
            Dir::Etc::parts "apt.conf.d";
            """);
        Assert.Contains("Acquire::http::Proxy \"http://proxy:3128\";", config, StringComparison.Ordinal);
        Assert.DoesNotContain("Post-Invoke", config, StringComparison.Ordinal);
        Assert.DoesNotContain("apt.conf.d", config, StringComparison.Ordinal);
        Assert.Contains("Dir::State::lists \"/cache/apt/lists\";", config, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("%:\n\tdh $@\n", "dh_auto_build")]
    [InlineData("%:\n\tdh $@ --with python3 --builddirectory=out --buildsystem=cmake\n", "dh_auto_build --builddirectory=out --buildsystem=cmake")]
    [InlineData("%:\n\tdh $@\noverride_dh_auto_build:\n\tmake all\n", "$(MAKE) -f debian/rules override_dh_auto_build")]
    [InlineData("DH = dh $@ --builddirectory=$(builddir)\n%:\n\t$(DH)\noverride_dh_auto_build:\n\tdh_auto_build\n",
        "DH_OPTIONS=\"--builddirectory=$(builddir)\" $(MAKE) -f debian/rules override_dh_auto_build")]
    [InlineData("build:\n\t./configure && make\n", null)]
    public void The_compiling_step_of_the_rules_is_found(string rules, string? command) => Assert.Equal(command, SourceBuild.Command(rules));
}
