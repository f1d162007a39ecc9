// SPDX-License-Identifier: Apache-2.0
using SkiaSharp;

namespace Wfpatch.Lab.Pictures;

/// <summary>A drawing as pixels. Letters come from a font of the machine; without any there are none.</summary>
internal static class PngFile
{
    /// <summary>Pixels for each unit of the drawing.</summary>
    private const float Scale = 2;

    internal static void Write(string file, Drawing drawing)
    {
        using SKBitmap bitmap = new((int)Math.Ceiling(drawing.Width * Scale), (int)Math.Ceiling(drawing.Height * Scale));
        using SKCanvas canvas = new(bitmap);
        canvas.Scale(Scale);
        canvas.Clear(SKColors.White);
        foreach (Shape shape in drawing.Shapes)
        {
            Draw(canvas, shape);
        }
        canvas.Flush();
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, quality: 100);
        using FileStream stream = File.Create(file);
        data.SaveTo(stream);
    }

    private static void Draw(SKCanvas canvas, Shape shape)
    {
        using SKPaint paint = new() { IsAntialias = true };
        switch (shape)
        {
            case Box box:
                paint.Color = SKColor.Parse(box.Colour);
                canvas.DrawRect((float)box.X, (float)box.Y, (float)box.Width, (float)box.Height, paint);
                break;
            case Stroke stroke:
                Draw(canvas, stroke, paint);
                break;
            case Words words:
                Draw(canvas, words, paint);
                break;
            default:
                throw new ArgumentException($"{shape.GetType().Name} is no shape that can be drawn", nameof(shape));
        }
    }

    private static void Draw(SKCanvas canvas, Stroke stroke, SKPaint paint)
    {
        (paint.Color, paint.Style, paint.StrokeWidth, paint.StrokeJoin) = (SKColor.Parse(stroke.Colour), SKPaintStyle.Stroke, (float)stroke.Width, SKStrokeJoin.Round);
        using SKPathEffect? dashes = stroke.IsDashed ? SKPathEffect.CreateDash([4, 3], 0) : null;
        paint.PathEffect = dashes;
        using SKPath path = new();
        path.AddPoly([.. stroke.Points.Select(point => new SKPoint((float)point.X, (float)point.Y))], close: false);
        canvas.DrawPath(path, paint);
    }

    private static void Draw(SKCanvas canvas, Words words, SKPaint paint)
    {
        paint.Color = SKColor.Parse(words.Colour);
        using SKTypeface face = SKTypeface.FromFamilyName("DejaVu Sans", words.IsBold ? SKFontStyle.Bold : SKFontStyle.Normal);
        using SKFont font = new(face, (float)words.Size);
        SKTextAlign align = words.Anchor switch { Anchor.Middle => SKTextAlign.Center, Anchor.End => SKTextAlign.Right, Anchor.Start or _ => SKTextAlign.Left };
        canvas.DrawText(words.Text, (float)words.X, (float)words.Y, align, font, paint);
    }
}
