using System.CommandLine;
using System.Globalization;
using NonLocal.Cli.Rendering;
using NonLocal.Tensors;
using NonLocal.Vision.Denoising;
using NonLocal.Vision.Pictures;

namespace NonLocal.Cli.Verbs;

/// <summary><c>nonlocal denoise IN OUT</c>.</summary>
internal sealed class DenoiseVerb : VerbCommand
{
    private readonly Argument<string> input = new("IN")
    {
        Description = "A picture: PNG, JPEG, or with ffmpeg installed BMP, GIF, TIFF, WebP and others.",
    };

    private readonly Argument<string> output = new("OUT") { Description = "The PNG file to write." };

    private readonly Option<string> sigma = new("--sigma")
    {
        Description = "Standard deviation of the noise, for samples from 0 to 255; auto estimates it.",
        DefaultValueFactory = _ => "auto",
        HelpName = "S",
    };

    private readonly Option<double?> decay = new("--h")
    {
        Description = "How far apart patches may be and still count: weights fall as exp(-d^2/h^2). By default from the noise level.",
        HelpName = "H",
    };

    private readonly Option<int?> patch = new("--patch")
    {
        Description = "Patch radius f: patches have 2f+1 pixels on a side. By default from the noise level.",
        HelpName = "F",
    };

    private readonly Option<int?> search = new("--search")
    {
        Description = "Search radius r: windows have 2r+1 pixels on a side. By default from the noise level.",
        HelpName = "R",
    };

    private readonly Option<bool> pixelwise = new("--pixelwise")
    {
        Description = "Average single pixels, not patches: faster, and leaves more noise.",
    };

    private readonly Option<string?> reference = new("--reference")
    {
        Description = "The clean picture: PSNR and SSIM before and after are shown.",
        HelpName = "CLEAN",
    };

    /// <summary>The verb.</summary>
    public DenoiseVerb()
        : base(
            "denoise",
            "Take noise out of a picture by non-local means.",
            "nonlocal denoise noisy.png denoised.png",
            "nonlocal denoise noisy.png denoised.png --sigma 25 --reference clean.png --json")
    {
        Arguments.Add(input);
        Arguments.Add(output);
        Options.Add(sigma);
        Options.Add(decay);
        Options.Add(patch);
        Options.Add(search);
        Options.Add(pixelwise);
        Options.Add(reference);
    }

    /// <inheritdoc/>
    public override int Run(ParseResult arguments, Terminal terminal, bool json)
    {
        string target = arguments.GetValue(output)!;
        if (!target.EndsWith(".png", StringComparison.OrdinalIgnoreCase))
        {
            throw new UsageException($"{target}: cannot write this format; expected a name that ends in .png.");
        }

        double? given = NoiseLevel(arguments.GetValue(sigma)!);
        Picture noisy = PictureFile.Read(arguments.GetValue(input)!);
        Picture? clean = arguments.GetValue(reference) is { } path ? Clean(path, noisy) : null;
        NonLocalMeansOptions options = Settings(arguments, given ?? NoiseEstimate.Of(noisy), noisy.Channels >= 3);
        Progress progress = new(terminal, json);
        Picture denoised;
        try
        {
            denoised = NonLocalMeans.Denoise(noisy, options, progress: progress.Report);
        }
        finally
        {
            progress.Clear();
        }

        DenoiseResult result = new(
            target,
            options.Sigma,
            options.Decay,
            options.PatchRadius,
            options.SearchRadius,
            clean is null ? null : Compare(noisy, clean),
            clean is null ? null : Compare(denoised, clean));
        Png.Write(target, denoised);
        Show(result, terminal, json);
        return 0;
    }

    // Null: to be estimated.
    private static double? NoiseLevel(string word)
    {
        if (word == "auto")
        {
            return null;
        }

        bool isLevel = double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out double level)
            && level is >= 0 and <= 255;
        return isLevel ? level : throw new UsageException($"--sigma is '{word}', expected auto or a number from 0 to 255.");
    }

    private NonLocalMeansOptions Settings(ParseResult arguments, double level, bool isColour)
    {
        NonLocalMeansOptions usual = NonLocalMeansOptions.ForNoise(level, isColour);
        return usual with
        {
            Decay = Within("--h", arguments.GetValue(decay) ?? usual.Decay, 1e-3, 1e6),
            PatchRadius = (int)Within("--patch", arguments.GetValue(patch) ?? usual.PatchRadius, 0, 50),
            SearchRadius = (int)Within("--search", arguments.GetValue(search) ?? usual.SearchRadius, 0, 1000),
            Aggregation = arguments.GetValue(pixelwise) ? Aggregation.Pixelwise : Aggregation.Patchwise,
        };
    }

    private static double Within(string option, double value, double least, double most) => value >= least && value <= most
        ? value
        : throw new UsageException(
            string.Create(CultureInfo.InvariantCulture, $"{option} is {value}, expected a number from {least} to {most}."));

    private static Picture Clean(string path, Picture noisy)
    {
        Picture clean = PictureFile.Read(path);
        return (clean.Width, clean.Height, clean.Channels >= 3) == (noisy.Width, noisy.Height, noisy.Channels >= 3)
            ? clean
            : throw new UsageException($"{path} is {Describe(clean)}, expected {Describe(noisy)} as the noisy picture is.");
    }

    private static string Describe(Picture picture) =>
        $"{picture.Width} x {picture.Height} {(picture.Channels < 3 ? "grey" : "colour")}";

    private static Similarity Compare(Picture picture, Picture clean)
    {
        Tensor samples = Colours(picture);
        Tensor expected = Colours(clean);
        double ratio = PictureQuality.PeakSignalToNoise(samples, expected, 255);
        return new(double.IsFinite(ratio) ? ratio : null, PictureQuality.StructuralSimilarity(samples, expected, 255));
    }

    // Without alpha.
    private static Tensor Colours(Picture picture)
    {
        int channels = picture.Channels < 3 ? 1 : 3;
        Tensor samples = new([picture.Height, picture.Width, channels]);
        Span<float> target = samples.Span;
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = picture.Bytes[(i / channels * picture.Channels) + (i % channels)];
        }

        return samples;
    }

    private static void Show(DenoiseResult result, Terminal terminal, bool json)
    {
        if (json)
        {
            Results.Write(terminal, result, Results.Default.DenoiseResult);
            return;
        }

        terminal.Output.WriteLine(
            $"{result.Output}: noise {Figures.Fixed(result.Sigma, 2)}, h {Figures.Fixed(result.H, 2)}, "
            + $"patch radius {result.PatchRadius}, search radius {result.SearchRadius}");
        if (result is { Before: { } before, After: { } after })
        {
            Grid grid = new("picture", ">PSNR, dB", ">SSIM");
            grid.Add("noisy", Cell(before.Psnr, 2), Cell(before.Ssim, 4));
            grid.Add("denoised", Cell(after.Psnr, 2), Cell(after.Ssim, 4));
            grid.Write(terminal);
        }
    }

    private static string Cell(double? value, int digits) => value is { } number ? Figures.Fixed(number, digits) : "-";
}
