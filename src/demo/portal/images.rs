//! The photographs of the sample portal: drawings made of a few shapes, in colours that differ from item to item.

use std::fmt::Write;

pub const WIDTH: u32 = 480;
pub const HEIGHT: u32 = 320;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scene {
    Antenna,
    Chart,
    Classroom,
    Island,
    Market,
    Meeting,
    Phone,
    Post,
    Press,
    Storm,
    Village,
}

impl Scene {
    #[cfg(test)]
    pub const ALL: [Scene; 11] = [
        Scene::Antenna,
        Scene::Chart,
        Scene::Classroom,
        Scene::Island,
        Scene::Market,
        Scene::Meeting,
        Scene::Phone,
        Scene::Post,
        Scene::Press,
        Scene::Storm,
        Scene::Village,
    ];
}

/// An SVG document of [`WIDTH`] by [`HEIGHT`]. The same arguments give the same bytes; `seed` chooses the colours.
pub fn draw(scene: Scene, seed: u32) -> String {
    // The golden angle keeps the colours of neighbouring numbers well apart.
    let hue = (seed.wrapping_mul(137)) % 360;
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">"#
    );
    match scene {
        Scene::Antenna => antenna(&mut svg, hue),
        Scene::Chart => chart(&mut svg, hue, seed),
        Scene::Classroom => classroom(&mut svg, hue),
        Scene::Island => island(&mut svg, hue),
        Scene::Market => market(&mut svg, hue),
        Scene::Meeting => meeting(&mut svg, hue),
        Scene::Phone => phone(&mut svg, hue),
        Scene::Post => post(&mut svg, hue),
        Scene::Press => press(&mut svg, hue),
        Scene::Storm => storm(&mut svg, hue),
        Scene::Village => village(&mut svg, hue),
    }
    svg.push_str("</svg>");
    svg
}

fn hsl(hue: u32, saturation: u32, light: u32) -> String {
    format!("hsl({},{saturation}%,{light}%)", hue % 360)
}

fn rect(svg: &mut String, x: i32, y: i32, width: i32, height: i32, fill: &str) {
    shape(
        svg,
        format_args!(r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{fill}"/>"#),
    );
}

fn circle(svg: &mut String, x: i32, y: i32, radius: i32, fill: &str) {
    shape(svg, format_args!(r#"<circle cx="{x}" cy="{y}" r="{radius}" fill="{fill}"/>"#));
}

fn path(svg: &mut String, d: &str, fill: &str) {
    shape(svg, format_args!(r#"<path d="{d}" fill="{fill}"/>"#));
}

fn line(svg: &mut String, d: &str, colour: &str, width: i32) {
    shape(
        svg,
        format_args!(r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"/>"#),
    );
}

fn shape(svg: &mut String, element: std::fmt::Arguments<'_>) {
    svg.write_fmt(element).expect("writing to a String never fails");
}

/// Sky, sun and two rows of hills.
fn landscape(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(200 + hue % 40, 65, 84));
    circle(svg, 390, 66, 30, &hsl(40 + hue % 15, 95, 70));
    path(svg, "M0 220 Q90 110 190 200 T360 180 T480 210 V320 H0Z", &hsl(100 + hue % 60, 32, 56));
    path(svg, "M0 260 Q130 190 260 250 T480 240 V320 H0Z", &hsl(95 + hue % 60, 38, 42));
}

/// Wall, floor and a banner with two lines of writing.
fn hall(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(hue + 30, 30, 90));
    rect(svg, 0, 240, 480, 80, &hsl(25, 35, 55));
    rect(svg, 90, 24, 300, 74, &hsl(hue % 30, 70, 42));
    rect(svg, 120, 44, 240, 10, "#ffe9a8");
    rect(svg, 160, 68, 160, 8, "#ffe9a8");
}

fn person(svg: &mut String, x: i32, y: i32, clothes: &str) {
    circle(svg, x, y - 30, 14, "#e3b58f");
    path(svg, &format!("M{} {y} q24 -34 48 0 v30 h-48Z", x - 24), clothes);
    path(svg, &format!("M{} {} a15 15 0 0 1 30 0Z", x - 15, y - 33), "#2c2420");
}

fn antenna(svg: &mut String, hue: u32) {
    landscape(svg, hue);
    line(svg, "M210 280 L240 60 L270 280 M217 230 H263 M223 180 H257 M230 130 H250", "#b8402f", 5);
    line(svg, "M217 230 L257 180 L230 130 M263 230 L223 180 L250 130", "#d9d9d9", 3);
    for radius in [26, 44, 62] {
        line(
            svg,
            &format!("M{} {} a{radius} {radius} 0 0 0 0 {}", 240 - radius, 60 - radius / 2, radius),
            "#ffffff",
            4,
        );
        line(
            svg,
            &format!("M{} {} a{radius} {radius} 0 0 1 0 {}", 240 + radius, 60 - radius / 2, radius),
            "#ffffff",
            4,
        );
    }
    rect(svg, 290, 246, 46, 34, &hsl(hue, 25, 80));
    path(svg, "M284 246 L313 226 L342 246Z", &hsl(hue, 45, 40));
}

fn chart(svg: &mut String, hue: u32, seed: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(hue, 30, 24));
    rect(svg, 40, 30, 400, 230, &hsl(hue, 25, 95));
    for bar in 0..8 {
        let height = 50
            + bar * 14
            + i32::try_from(seed.wrapping_mul(31) % 23).expect("below 23") * (bar % 3);
        rect(
            svg,
            66 + bar * 45,
            240 - height,
            28,
            height,
            &hsl(hue + 12 * bar.unsigned_abs(), 60, 52),
        );
    }
    line(svg, "M56 240 H424", "#555555", 3);
    person(svg, 120, 300, &hsl(hue + 90, 40, 45));
    person(svg, 350, 300, &hsl(hue + 200, 40, 45));
}

fn classroom(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(hue, 25, 91));
    rect(svg, 100, 22, 280, 96, &hsl(160, 30, 28));
    line(svg, "M125 52 H270 M125 76 H330 M125 98 H220", "#e8f0e8", 4);
    for (x, y) in [(90, 190), (240, 190), (390, 190), (165, 262), (315, 262)] {
        person(svg, x, y, &hsl(hue + 3 * x.unsigned_abs(), 50, 50));
        rect(svg, x - 46, y + 18, 92, 12, &hsl(28, 45, 48));
        rect(svg, x - 20, y - 6, 40, 24, "#30343c");
    }
}

fn island(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 180, &hsl(205, 70, 84));
    rect(svg, 0, 180, 480, 140, &hsl(190 + hue % 25, 60, 45));
    circle(svg, 96, 70, 28, &hsl(45, 95, 68));
    path(svg, "M240 186 Q300 70 350 120 T470 186Z", &hsl(120 + hue % 40, 30, 40));
    path(svg, "M80 230 H220 L196 264 H104Z", &hsl(hue, 60, 42));
    path(svg, "M150 130 V226 H96Z", "#f7f2e6");
    line(svg, "M150 126 V230", "#5b3a22", 4);
    for y in [212, 250, 290] {
        line(
            svg,
            &format!("M20 {y} q20 -10 40 0 t40 0 M300 {y} q20 -10 40 0 t40 0 t40 0"),
            "#d8f0f4",
            3,
        );
    }
}

fn market(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(45, 50, 88));
    for stripe in 0..8 {
        let fill = if stripe % 2 == 0 { hsl(hue, 65, 52) } else { "#ffffff".to_owned() };
        path(svg, &format!("M{0} 40 h60 v50 a30 26 0 0 1 -60 0Z", stripe * 60), &fill);
    }
    rect(svg, 20, 210, 440, 90, &hsl(28, 45, 50));
    for basket in 0..6 {
        circle(svg, 66 + basket * 70, 206, 26, &hsl(80 + 40 * basket.unsigned_abs(), 55, 45));
    }
    person(svg, 150, 180, &hsl(hue + 120, 45, 45));
    rect(svg, 300, 120, 60, 60, "#ffffff");
    for (x, y) in [(306, 126), (338, 126), (306, 158), (326, 146), (342, 164)] {
        rect(svg, x, y, 14, 14, "#222222");
    }
}

fn meeting(svg: &mut String, hue: u32) {
    hall(svg, hue);
    for x in [90, 170, 250, 330, 400] {
        person(svg, x, 200, &hsl(hue + x.unsigned_abs(), 30, 38));
    }
    path(svg, "M40 226 H440 L470 270 H10Z", &hsl(hue % 30, 50, 32));
    for x in [110, 200, 290, 380] {
        rect(svg, x, 232, 22, 14, "#ffffff");
    }
}

fn phone(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(hue, 45, 86));
    shape(
        svg,
        format_args!(
            r##"<rect x="170" y="24" width="140" height="272" rx="18" fill="#22252b"/><rect x="180" y="44" width="120" height="226" rx="6" fill="#ffffff"/>"##
        ),
    );
    rect(svg, 180, 44, 120, 34, &hsl(hue, 60, 42));
    for row in 0..3 {
        for column in 0..3 {
            rect(
                svg,
                190 + column * 37,
                90 + row * 40,
                26,
                26,
                &hsl(hue + 37 * (row * 3 + column).unsigned_abs(), 55, 62),
            );
        }
    }
    rect(svg, 192, 222, 96, 30, &hsl(hue + 140, 50, 42));
    path(svg, "M310 210 q60 -20 90 40 q10 40 0 70 h-110 q-10 -30 -16 -60Z", "#e3b58f");
}

fn post(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(hue, 20, 88));
    for shelf in 0..3 {
        let y = 90 + shelf * 80;
        rect(svg, 30, y, 420, 8, &hsl(28, 40, 42));
        for parcel in 0..5 {
            let height = 34 + (parcel * 13 + shelf * 7) % 28;
            rect(svg, 48 + parcel * 82, y - height, 60, height, &hsl(30 + hue % 20, 45, 60));
            rect(svg, 72 + parcel * 82, y - height, 10, height, &hsl(hue, 60, 50));
        }
    }
    rect(svg, 0, 270, 480, 50, &hsl(hue, 40, 40));
}

fn press(svg: &mut String, hue: u32) {
    hall(svg, hue);
    person(svg, 240, 190, &hsl(hue + 210, 35, 30));
    rect(svg, 200, 200, 80, 90, &hsl(28, 50, 40));
    for x in [214, 236, 258] {
        line(svg, &format!("M{x} 204 L{} 178", x + 6), "#222222", 4);
        circle(svg, x + 7, 176, 6, "#444444");
    }
    for x in [60, 130, 350, 420] {
        person(svg, x, 280, &hsl(hue + x.unsigned_abs(), 40, 45));
    }
}

fn storm(svg: &mut String, hue: u32) {
    rect(svg, 0, 0, 480, 320, &hsl(215 + hue % 20, 25, 42));
    for (x, y) in [(110, 70), (220, 56), (340, 78)] {
        circle(svg, x, y, 44, "#6d7683");
        circle(svg, x + 40, y + 12, 36, "#7d8694");
    }
    for x in (20..480).step_by(38) {
        line(svg, &format!("M{x} 120 l-26 70 M{} 200 l-22 60", x + 12), "#aebccb", 2);
    }
    path(svg, "M250 110 L214 186 H244 L222 250 L286 164 H252 L276 110Z", "#ffd84d");
    path(svg, "M0 280 q40 -22 80 0 t80 0 t80 0 t80 0 t80 0 t80 0 V320 H0Z", &hsl(200, 35, 30));
}

fn village(svg: &mut String, hue: u32) {
    landscape(svg, hue);
    for (x, turn) in [(60, 0), (180, 60), (300, 120)] {
        rect(svg, x, 226, 74, 50, &hsl(40 + hue % 20, 45, 82));
        path(svg, &format!("M{} 226 l47 -38 l47 38Z", x - 10), &hsl(hue % 40 + turn / 4, 55, 44));
        rect(svg, x + 28, 246, 18, 30, &hsl(25, 45, 32));
    }
    line(svg, "M424 284 V130", "#5a5a5a", 6);
    path(svg, "M424 140 L456 124 V170 L424 156Z M424 140 L392 124 V170 L424 156Z", "#c9ccd1");
}

/// The emblem at the head of the pages: 64 by 64.
pub fn emblem() -> String {
    let mut svg = String::from(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64">"#,
    );
    circle(&mut svg, 32, 32, 31, "#ffd84d");
    circle(&mut svg, 32, 32, 26, "#b3151b");
    path(&mut svg, "M6 40 Q20 26 32 38 T58 36 A26 26 0 0 1 6 40Z", "#0b4f93");
    line(&mut svg, "M32 42 V16 M24 42 L32 16 L40 42", "#ffffff", 3);
    circle(&mut svg, 32, 15, 4, "#ffd84d");
    svg.push_str("</svg>");
    svg
}
