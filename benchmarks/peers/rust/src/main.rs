// A client of the crate rtnetlink that times itself: prints operations a second, without its start.
//
//     peer add COUNT LINK | add-concurrently COUNT LINK | routes | links

use std::error::Error;
use std::net::Ipv4Addr;
use std::time::Instant;

use futures::stream::{self, StreamExt, TryStreamExt};
use rtnetlink::packet::constants::RT_SCOPE_LINK;
use rtnetlink::{new_connection, Handle, IpVersion};

type Outcome<T> = Result<T, Box<dyn Error>>;

async fn add_route(handle: &Handle, number: u32, link: u32) -> Outcome<()> {
    handle
        .route()
        .add()
        .v4()
        .destination_prefix(Ipv4Addr::from(0x0a000001 + number), 32)
        .output_interface(link)
        .scope(RT_SCOPE_LINK)
        .execute()
        .await?;
    Ok(())
}

async fn run(handle: &Handle, arguments: &[String]) -> Outcome<u32> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["add", count, link] => {
            let (count, link) = (count.parse()?, link.parse()?);
            for number in 0..count {
                add_route(handle, number, link).await?;
            }
            Ok(count)
        }
        ["add-concurrently", count, link] => {
            let (count, link) = (count.parse()?, link.parse()?);
            stream::iter(0..count)
                .map(|number| add_route(handle, number, link))
                .buffer_unordered(100)
                .try_collect::<()>()
                .await?;
            Ok(count)
        }
        ["routes"] => {
            let mut all = handle.route().get(IpVersion::V4).execute();
            let mut count = 0;
            while all.try_next().await?.is_some() {
                count += 1;
            }
            Ok(count)
        }
        ["links"] => {
            let mut all = handle.link().get().execute();
            let mut count = 0;
            while all.try_next().await?.is_some() {
                count += 1;
            }
            Ok(count)
        }
        _ => Err("usage: add COUNT LINK | add-concurrently COUNT LINK | routes | links".into()),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (connection, handle, _) = new_connection()?;
    tokio::spawn(connection);
    let began = Instant::now();
    let done = run(&handle, &arguments).await?;
    println!("{:.0}", f64::from(done) / began.elapsed().as_secs_f64());
    Ok(())
}
